//! Disks that fill up soon, without the rights of a superuser: files that may not grow, or a small disk in memory.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use tempfile::TempDir;

use crate::harness::{Process, serve_arguments, terahour};

/// No file may grow beyond so many blocks of 512 bytes: writes fail as on a full disk, the last one in its middle.
const LIMITED: &str = r#"trap '' XFSZ; ulimit -f "$1"; shift; exec "$@""#;

/// What a small disk has when there is room again.
const ROOM_KILOBYTES: u32 = 65_536;

/// A venue none of whose files may grow beyond so many blocks of 512 bytes.
pub(super) fn limited(blocks: u64, folder: &Path) -> Process {
    let mut command = Command::new("sh");
    command.args(["-c", LIMITED, "sh", &blocks.to_string()]).arg(terahour()).args(serve_arguments(folder));
    Process::spawn_command(&mut command)
}

/// A disk for a venue.
pub(super) trait Disk {
    fn name(&self) -> String;
    /// Serves what is on the disk.
    fn start(&self) -> Process;
    fn make_room(&mut self);
    /// The files of a venue that has ended.
    fn files(&self) -> TempDir;
}

/// An ordinary disk on which no file may grow beyond a limit.
pub(super) struct Limited {
    folder: TempDir,
    blocks: Option<u64>,
}

impl Limited {
    pub(super) fn new(blocks: u64) -> Limited {
        Limited { folder: tempfile::tempdir().expect("a folder"), blocks: Some(blocks) }
    }
}

impl Disk for Limited {
    fn name(&self) -> String {
        format!("files of at most {:?} blocks", self.blocks)
    }

    fn start(&self) -> Process {
        match self.blocks {
            Some(blocks) => limited(blocks, self.folder.path()),
            None => Process::spawn_venue(self.folder.path()),
        }
    }

    fn make_room(&mut self) {
        self.blocks = None;
    }

    fn files(&self) -> TempDir {
        copy(self.folder.path())
    }
}

/// A small disk in memory, which only the processes of its own name space see. A shell keeps it and does what it is told.
pub(super) struct Small {
    folder: TempDir,
    shell: Child,
    orders: ChildStdin,
    kilobytes: u32,
}

impl Small {
    /// `None` where the system lets only the superuser mount anything.
    pub(super) fn new(kilobytes: u32) -> Option<Small> {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh"]).stderr(Stdio::null());
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let orders = shell.stdin.take()?;
        let folder = tempfile::tempdir().expect("a folder");
        let mut small = Small { folder, shell, orders, kilobytes };
        small.mount("", kilobytes).then_some(small)
    }

    /// Mounts the disk, or mounts it again with more room; whether the system let us.
    fn mount(&mut self, how: &str, kilobytes: u32) -> bool {
        let folder = self.folder.path().display();
        // The name of the file system again, or the old options would be asked for, which not everybody may set.
        let order = format!("mount -t tmpfs -o {how}size={kilobytes}k tmpfs '{folder}' && echo mounted || echo\n");
        let mut answer = String::new();
        let asked = self.orders.write_all(order.as_bytes());
        let output = self.shell.stdout.as_mut().expect("piped");
        asked.and_then(|()| BufReader::new(output).read_line(&mut answer)).is_ok() && answer == "mounted\n"
    }

    /// The disk as seen from outside.
    fn outside(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.shell.id(), self.folder.path().display()))
    }
}

impl Disk for Small {
    fn name(&self) -> String {
        format!("a disk of {} kilobytes", self.kilobytes)
    }

    fn start(&self) -> Process {
        let mut command = Command::new("nsenter");
        command.args(["--user", "--mount", "--preserve-credentials", "--target", &self.shell.id().to_string()]);
        Process::spawn_command(command.arg(terahour()).args(serve_arguments(self.folder.path())))
    }

    fn make_room(&mut self) {
        assert!(self.mount("remount,", ROOM_KILOBYTES), "{} cannot be made larger", self.name());
    }

    fn files(&self) -> TempDir {
        copy(&self.outside())
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(self.shell.kill());
        drop(self.shell.wait());
    }
}

fn copy(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let entry = entry.expect("the folder reads");
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    copy
}
