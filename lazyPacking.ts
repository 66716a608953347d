import { createRequire, Module } from "node:module";

// To pack functions that run elsewhere, Pulumi's SDK loads hundreds of npm's modules for every program; this one sends no
// function anywhere. So they are loaded where somebody asks for them.

const sdk = createRequire(require.resolve("@pulumi/pulumi"));

/** Puts in the place of a package of the SDK one member of it, which loads the package. */
function lazily(name: string, member: string, of: (whole: Record<string, unknown>) => unknown): void {
    const place = sdk.resolve(name);
    if (sdk.cache[place] !== undefined) {
        return;
    }
    const module = new Module(place);
    module.loaded = true;
    module.exports = Object.defineProperty({ __esModule: true }, member, {
        get: () => {
            if (sdk.cache[place] === module) {
                Reflect.deleteProperty(sdk.cache, place);
            }
            return of(sdk(place) as Record<string, unknown>);
        },
    });
    sdk.cache[place] = module;
}

lazily("@npmcli/arborist", "Arborist", ({ Arborist }) => Arborist);
lazily("normalize-package-data", "default", (whole) => whole);
