import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["**/node_modules/**", "dist/**", "**/*.mjs"] },
    {
        files: ["**/*.ts"],
        extends: [tseslint.configs.strictTypeChecked],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            "@typescript-eslint/switch-exhaustiveness-check": "error",
            // Numbers in template text are how ports and counts are written; everything else is still refused.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
        },
    },
    {
        // The rule overflows the stack on recursive types that hold a class, such as property values do.
        files: ["lab/providers/**/*.ts", "lab/test/**/*.ts"],
        rules: { "@typescript-eslint/no-unsafe-class-instance-assignment": "off" },
    },
);
