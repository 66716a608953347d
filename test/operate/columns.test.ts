import { expect, it } from "vitest";
import { columns } from "../../operate/columns";

it("makes each column as wide as its widest cell, and leaves no blanks at the ends of lines", () => {
    const rows = [
        ["WHAT", "COUNT", "NOTE"],
        ["a longer one", "7", ""],
        ["b", "12", "x"],
    ];
    expect(columns(rows)).toBe("WHAT          COUNT  NOTE\na longer one  7\nb             12     x\n");
    expect(columns(rows, { rightAligned: [1] })).toBe(
        "WHAT          COUNT  NOTE\na longer one      7\nb                12  x\n",
    );
});
