/** Whose the profiles of the command line are: those of a server without keys on this machine, too. */
export const localOwner = 'local';
