/** A file of the user's own that goes to the VM as a part of the configuration. */
export interface UserFile {
    /** The last part of its path in the project. */
    readonly name: string;
    readonly content: string;
}
