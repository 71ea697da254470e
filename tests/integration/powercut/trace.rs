//! Runs a program and writes down, in order, everything it asks the system to do to the files of a folder, and all it says.
//!
//! The program is watched from outside, as a debugger would: nothing in it is replaced, so what is recorded is what the
//! venue, SQLite and the standard library really do, directory syncs included.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::libc::{self, user_regs_struct};
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::memory::{link, memory, scattered, word};

/// What a program did. Paths are absolute.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Made {
        path: PathBuf,
        is_folder: bool,
    },
    Removed {
        path: PathBuf,
    },
    Wrote {
        path: PathBuf,
        offset: usize,
        bytes: Vec<u8>,
    },
    Resized {
        path: PathBuf,
        length: usize,
    },
    /// What was written before this is on the disk once the same thread's sync has ended.
    SyncBegan {
        thread: i32,
        path: PathBuf,
    },
    SyncEnded {
        thread: i32,
    },
    /// The disk refused a sync. The system forgets that what it covered is not on the disk: a later sync does not write it.
    SyncRefused {
        thread: i32,
    },
    /// Bytes that left through a socket, or to the terminal.
    Said(Vec<u8>),
}

/// How a program ended, as a shell would put it.
pub(super) type ExitCode = i32;

/// Runs a program to its end. `root` has to be there and to be named without links; `heard` is called with the process id
/// and everything that is said.
pub(super) fn record(
    program: &mut Command,
    root: &Path,
    events: &mut Vec<Event>,
    heard: &mut (dyn FnMut(i32, &[u8]) + Send),
) -> ExitCode {
    record_refusing(program, root, events, heard, &mut |_| false)
}

/// The same on a disk that refuses some syncs of files, as one with an error does (EIO): they do nothing and fail.
pub(super) fn record_refusing(
    program: &mut Command,
    root: &Path,
    events: &mut Vec<Event>,
    heard: &mut (dyn FnMut(i32, &[u8]) + Send),
    refuses: &mut (dyn FnMut(&Path) -> bool + Send),
) -> ExitCode {
    // A thread of its own: the system tells about a program only the thread that watches it.
    std::thread::scope(|scope| {
        let watching =
            scope.spawn(|| Watch { root, events, heard, refuses, calls: BTreeMap::new(), process: 0 }.run(program));
        watching.join().expect("the program can be watched")
    })
}

struct Watch<'a> {
    root: &'a Path,
    events: &'a mut Vec<Event>,
    heard: &'a mut (dyn FnMut(i32, &[u8]) + Send),
    refuses: &'a mut (dyn FnMut(&Path) -> bool + Send),
    /// By thread, what is recorded once its call has succeeded.
    calls: BTreeMap<i32, Call>,
    process: i32,
}

/// A call that has begun.
enum Call {
    /// Happens if the call succeeds.
    Change(Event),
    Write {
        path: PathBuf,
        offset: usize,
        bytes: Vec<u8>,
    },
    Sync,
    RefusedSync,
}

/// What the system answers in the place of a call that it did not do: minus EIO.
const REFUSED: u64 = (-5_i64).cast_unsigned();
const _: () = assert!(libc::EIO == 5);
/// No system call: the system does nothing.
const NO_CALL: u64 = u64::MAX;

impl Watch<'_> {
    #[expect(clippy::zombie_processes, reason = "a program that is watched is waited for by its watcher, below")]
    fn run(&mut self, program: &mut Command) -> ExitCode {
        // The shell waits until it is watched, then becomes the program.
        let mut waiting = Command::new("sh");
        waiting.args(["-c", "read go; exec \"$@\"", "sh"]).arg(program.get_program()).args(program.get_args());
        waiting.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        waiting.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = waiting.spawn().expect("the shell runs");
        self.process = i32::try_from(child.id()).expect("process ids are small");
        let pid = Pid::from_raw(self.process);
        let options = Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_EXITKILL;
        ptrace::seize(pid, options).expect("a child may be watched; in a container this may need the right to ptrace");
        ptrace::interrupt(pid).expect("the shell waits");
        let mut go = child.stdin.take();
        loop {
            let status = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD));
            let (thread, signal) = match status.expect("the program is there until it has ended") {
                WaitStatus::Exited(ended, code) if ended == pid => return self.finish(code),
                WaitStatus::Signaled(ended, signal, _) if ended == pid => return self.finish(128 + signal as i32),
                WaitStatus::PtraceSyscall(thread) => {
                    self.step(thread);
                    (thread, None)
                }
                WaitStatus::PtraceEvent(thread, _, _) => {
                    // The first to stop is the shell, and now it is watched.
                    go.take().into_iter().for_each(|mut go| go.write_all(b"go\n").expect("the shell reads"));
                    (thread, None)
                }
                WaitStatus::Stopped(thread, signal) => (thread, Some(signal)),
                _ => continue,
            };
            // A thread that has been killed meanwhile says so next.
            let _gone = ptrace::syscall(thread, signal);
        }
    }

    fn step(&mut self, thread: Pid) {
        let Ok(info) = ptrace::syscall_info(thread) else { return };
        let registers = || ptrace::getregs(thread).ok();
        if info.op == libc::PTRACE_SYSCALL_INFO_ENTRY {
            let Some(registers) = registers() else { return };
            let number = i64::from_ne_bytes(registers.orig_rax.to_ne_bytes());
            let arguments = [registers.rdi, registers.rsi, registers.rdx, registers.r10];
            self.begin(thread.as_raw(), number, arguments);
            if let Some(Call::RefusedSync) = self.calls.get(&thread.as_raw()) {
                set(thread, user_regs_struct { orig_rax: NO_CALL, ..registers });
            }
        } else if let Some(call) = self.calls.remove(&thread.as_raw())
            && let Some(registers) = registers()
        {
            if let Call::RefusedSync = call {
                set(thread, user_regs_struct { rax: REFUSED, ..registers });
            }
            self.end(thread.as_raw(), call, i64::from_ne_bytes(registers.rax.to_ne_bytes()));
        }
    }

    fn end(&mut self, thread: i32, call: Call, result: i64) {
        match (call, usize::try_from(result)) {
            (Call::Change(event), Ok(_)) => self.events.push(event),
            (Call::RefusedSync, _) => self.events.push(Event::SyncRefused { thread }),
            (Call::Sync, Ok(_)) => self.events.push(Event::SyncEnded { thread }),
            (Call::Write { path, offset, mut bytes }, Ok(written)) => {
                bytes.truncate(written);
                self.events.push(Event::Wrote { path, offset, bytes });
            }
            (_, Err(_)) => {}
        }
    }

    /// Calls during which the program was killed may have happened: the files tell.
    fn finish(&mut self, code: ExitCode) -> ExitCode {
        for call in std::mem::take(&mut self.calls).into_values() {
            match call {
                Call::Change(event) => {
                    let has_happened = match &event {
                        Event::Made { path, .. } => path.exists(),
                        Event::Removed { path } => !path.exists(),
                        Event::Resized { path, length } => {
                            path.metadata().is_ok_and(|file| file.len() == *length as u64)
                        }
                        _ => false,
                    };
                    self.events.extend(has_happened.then_some(event));
                }
                Call::Write { path, offset, bytes } => {
                    let mut found = vec![0; bytes.len()];
                    let read = File::open(&path).and_then(|file| file.read_exact_at(&mut found, offset as u64));
                    let has_happened = read.is_ok() && found == bytes;
                    self.events.extend(has_happened.then_some(Event::Wrote { path, offset, bytes }));
                }
                Call::Sync | Call::RefusedSync => {}
            }
        }
        code
    }

    fn begin(&mut self, thread: i32, number: i64, [a, b, c, d]: [u64; 4]) {
        let size = |value: u64| usize::try_from(value).expect("sizes fit");
        let call = match number {
            libc::SYS_openat => self.open(thread, b, c),
            libc::SYS_open => self.open(thread, a, b),
            libc::SYS_mkdir => self.path_at(thread, a).map(|path| Call::Change(Event::Made { path, is_folder: true })),
            libc::SYS_unlink => self.path_at(thread, a).map(|path| Call::Change(Event::Removed { path })),
            libc::SYS_pwrite64 => self.file_of(thread, a).and_then(|path| {
                let bytes = memory(thread, b, size(c))?;
                Some(Call::Write { path, offset: size(d), bytes })
            }),
            libc::SYS_ftruncate => {
                self.file_of(thread, a).map(|path| Call::Change(Event::Resized { path, length: size(b) }))
            }
            libc::SYS_fsync | libc::SYS_fdatasync => self.file_of(thread, a).map(|path| {
                let is_refused = (self.refuses)(&path);
                self.events.push(Event::SyncBegan { thread, path });
                if is_refused { Call::RefusedSync } else { Call::Sync }
            }),
            libc::SYS_write | libc::SYS_sendto | libc::SYS_writev | libc::SYS_sendmsg => {
                self.say(thread, number, [a, b, c]);
                None
            }
            _ => {
                self.refuse_unknown(thread, number, [a, b, c, d]);
                None
            }
        };
        call.map(|call| self.calls.insert(thread, call));
    }

    fn open(&self, thread: i32, name: u64, flags: u64) -> Option<Call> {
        let path = self.path_at(thread, name)?;
        let has = |flag: i32| flags & u64::from(flag.unsigned_abs()) != 0;
        if path.exists() {
            assert!(!has(libc::O_TRUNC), "{} is emptied as it is opened, which is not modelled", path.display());
            return None;
        }
        has(libc::O_CREAT).then_some(Call::Change(Event::Made { path, is_folder: false }))
    }

    fn say(&mut self, thread: i32, number: i64, [file, at, count]: [u64; 3]) {
        let target = link(thread, file);
        assert!(
            !target.starts_with(self.root) || is_shared(&target),
            "{} is written without a place",
            target.display()
        );
        if target.starts_with("anon_inode:") || is_shared(&target) {
            return;
        }
        let bytes = match number {
            libc::SYS_write | libc::SYS_sendto => memory(thread, at, usize::try_from(count).expect("sizes fit")),
            libc::SYS_writev => scattered(thread, at, count),
            // A message names its parts in the third and fourth of its words.
            _ => word(thread, at + 16)
                .zip(word(thread, at + 24))
                .and_then(|(list, count)| scattered(thread, list, count)),
        };
        let Some(bytes) = bytes else { return };
        (self.heard)(self.process, &bytes);
        self.events.push(Event::Said(bytes));
    }

    /// The model is only as good as what it knows of: any other way to change a file has to be added here first.
    fn refuse_unknown(&self, thread: i32, number: i64, [a, b, c, d]: [u64; 4]) {
        let shared_write = || {
            let (write, shared) = (libc::PROT_WRITE.unsigned_abs(), libc::MAP_SHARED.unsigned_abs());
            c & u64::from(write) != 0 && d & u64::from(shared) != 0
        };
        let changed = match number {
            libc::SYS_mmap if shared_write() => {
                let registers = ptrace::getregs(Pid::from_raw(thread)).ok();
                registers.and_then(|registers| self.file_of(thread, registers.r8))
            }
            libc::SYS_pwritev | libc::SYS_pwritev2 | libc::SYS_fallocate | libc::SYS_sync_file_range => {
                self.file_of(thread, a)
            }
            libc::SYS_sendfile => self.file_of(thread, a),
            libc::SYS_copy_file_range => self.file_of(thread, c),
            libc::SYS_truncate | libc::SYS_rmdir | libc::SYS_creat => self.path_at(thread, a),
            libc::SYS_rename | libc::SYS_link => self.path_at(thread, a).or_else(|| self.path_at(thread, b)),
            libc::SYS_renameat | libc::SYS_renameat2 | libc::SYS_linkat => {
                self.path_at(thread, b).or_else(|| self.path_at(thread, d))
            }
            libc::SYS_unlinkat | libc::SYS_mkdirat => self.path_at(thread, b),
            libc::SYS_io_uring_setup => Some(PathBuf::from("a ring")),
            _ => None,
        };
        if let Some(path) = changed {
            panic!("call {number} changes {} in a way that is not modelled", path.display());
        }
    }

    /// A file or folder of the recording that is named in the program's memory.
    fn path_at(&self, thread: i32, at: u64) -> Option<PathBuf> {
        let mut bytes = Vec::new();
        while !bytes.contains(&0) {
            // Never past the end of a page, which may be the last one.
            let count = 256 - at.wrapping_add(bytes.len() as u64) % 256;
            bytes.extend(memory(thread, at + bytes.len() as u64, usize::try_from(count).ok()?)?);
        }
        let name = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        let path = PathBuf::from(String::from_utf8_lossy(name).into_owned());
        Some(path).filter(|path| path.starts_with(self.root) && !is_shared(path))
    }

    /// A file or folder of the recording that is open.
    fn file_of(&self, thread: i32, file: u64) -> Option<PathBuf> {
        Some(link(thread, file)).filter(|path| path.starts_with(self.root) && !is_shared(path))
    }
}

fn set(thread: Pid, registers: user_regs_struct) {
    ptrace::setregs(thread, registers).expect("a stopped thread's registers can be set");
}

/// The index of the log: shared memory that SQLite rebuilds after a crash.
fn is_shared(path: &Path) -> bool {
    path.to_string_lossy().ends_with("-shm")
}
