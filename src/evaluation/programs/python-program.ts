import { z } from 'zod';

/** Name of the program's file in its working directory. */
export const pythonProgramFile = 'program.py';

/** The descriptor that verdicts are written to, one JSON object to a line. */
export const verdictDescriptor = 3;

/** What the process says: first `ready`, then how the program ended, if it lives to tell. */
export const pythonVerdictSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('passed'), nonce: z.string() }),
  z.strictObject({ kind: z.literal('threw'), name: z.string(), message: z.string() }),
  z.strictObject({ kind: z.literal('forbidden'), event: z.string() }),
]);

export type PythonVerdict = z.infer<typeof pythonVerdictSchema>;

/**
 * The program of the process. Its arguments are a nonce, bytes of memory and seconds. It limits itself,
 * then runs the file as `__main__`. That the tests have passed is said with the nonce, once the file has
 * run to its end: a program that ends early has not said it. An audit hook ends a program that asks for
 * what would outlive it or leave its folder; `RLIMIT_NPROC`, which does not bind root, and
 * `RLIMIT_FSIZE` stand behind it. The alarm ends what nobody is left to end.
 * @see PEP 578, "Python Runtime Audit Hooks"
 */
export const pythonProgram = `
def main():
    import json, os, resource, signal, sys, types
    nonce, memory, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    sys.argv[:] = ['${pythonProgramFile}']

    def tell(**verdict):
        os.write(${verdictDescriptor}, (json.dumps(verdict) + '\\n').encode())

    def limit(name, value):
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (AttributeError, ValueError, OSError):
            pass  # not every system has every limit

    def taken():
        try:
            with open('/proc/self/statm') as file:
                return int(file.read().split()[0]) * resource.getpagesize()
        except OSError:
            return 2 ** 28

    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    forbidden = frozenset((
        'os.fork', 'os.forkpty', 'os.posix_spawn', 'os.spawn', 'os.exec', 'os.system', 'pty.spawn',
        'subprocess.Popen', 'os.kill', 'os.killpg', 'resource.setrlimit', 'resource.prlimit',
        'os.remove', 'os.rename', 'os.rmdir', 'os.mkdir', 'os.link', 'os.symlink', 'os.truncate',
        'os.chmod', 'os.chown', 'os.utime', 'os.setxattr', 'os.removexattr',
        'socket.connect', 'socket.bind', 'socket.sendto', 'socket.getaddrinfo',
    ))

    def guard(event, args):
        writes = event == 'open' and args[2] & writing and args[0] != os.devnull
        if writes or event in forbidden:
            tell(kind='forbidden', event=event)
            os._exit(1)

    with open('${pythonProgramFile}', encoding='utf-8') as file:
        source = file.read()
    limit('RLIMIT_CORE', 0)
    limit('RLIMIT_FSIZE', 0)
    limit('RLIMIT_NPROC', 0)
    limit('RLIMIT_CPU', int(seconds) + 2)
    limit('RLIMIT_AS', taken() + memory)
    program = types.ModuleType('__main__')
    sys.modules['__main__'] = program
    sys.addaudithook(guard)
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)
    tell(kind='ready')
    try:
        exec(compile(source, '${pythonProgramFile}', 'exec'), program.__dict__)
    except SystemExit:
        return
    except BaseException as error:
        tell(kind='threw', name=type(error).__name__, message=str(error)[:500])
        return
    tell(kind='passed', nonce=nonce)

main()
`;
