//! Starts, stops and kills the venue as a process of its own, and serves one inside the test where its clock has to be moved.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use api::client::Client;
use api::http::{self, App};
use api::server::{Server, ServerError, Tokens};
use api::signing;
use api::venue::Settings;
use ed25519_dalek::SigningKey;
use engine::rules::Rules;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::request::now_ms;

/// How long a process may take for anything before the test gives up. Far above what it takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long a whole demo may take where several play at once on few cores.
pub(crate) const PLAY_MAX: Duration = Duration::from_secs(300);

/// The commands with which the venue begins a journal: it adopts every version of the rules after the first.
pub(crate) const ADOPTIONS: u64 = (Rules::LATEST.0 - Rules::FIRST.0) as u64;

/// The binary under test, built once in the profile and target folder of this test.
pub(crate) fn terahour() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // target/<profile>/deps/integration-<hash>
        let test = std::env::current_exe().expect("a test knows where it is");
        let folder = test.parent().and_then(Path::parent).expect("cargo puts tests into <profile>/deps");
        let target = folder.parent().expect("a profile's folder lies in the target folder");
        let profile = match folder.file_name().and_then(|name| name.to_str()).expect("profiles have plain names") {
            "debug" => "dev",
            profile => profile,
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "api", "--bin", "terahour", "--profile", profile, "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.expect("cargo runs").success(), "the binary does not build");
        folder.join("terahour")
    })
}

/// A key that is the same in every run.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// The operator's key of every venue here.
pub(crate) fn operator_key() -> SigningKey {
    key(255)
}

/// A key's public half as the API writes it.
pub(crate) fn public_hex(key: &SigningKey) -> String {
    signing::hex(&key.verifying_key().to_bytes())
}

/// Serves a folder on any address.
pub(crate) fn serve_arguments(folder: &Path) -> [String; 9] {
    let folder = folder.to_str().expect("temporary folders have plain names");
    let operator = public_hex(&operator_key());
    // Who counts commands must not find marks among them.
    let quiet = ["--mark-interval-ms", "0"];
    ["serve", "--data", folder, "--listen", "127.0.0.1:0", "--operator-key", &operator, quiet[0], quiet[1]]
        .map(str::to_owned)
}

/// Runs the binary to its end: exit code, output, complaints.
pub(crate) fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut process = Process::spawn(arguments);
    let status = process.exit_status(PLAY_MAX).unwrap_or_else(|| panic!("terahour {arguments:?} does not end"));
    (status.code().unwrap_or(-1), process.output(), process.complaints())
}

/// A process of the binary; killed when dropped.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    complaints: Arc<Mutex<String>>,
    readers: Vec<thread::JoinHandle<()>>,
}

impl Process {
    pub(crate) fn spawn(arguments: &[&str]) -> Process {
        Process::spawn_with(arguments, &[])
    }

    pub(crate) fn spawn_with(arguments: &[&str], environment: &[(&str, &str)]) -> Process {
        Process::spawn_command(Command::new(terahour()).args(arguments).envs(environment.iter().copied()))
    }

    /// Runs a command that becomes the binary.
    pub(crate) fn spawn_command(command: &mut Command) -> Process {
        let mut child = command
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let errors = child.stderr.take().expect("piped");
        let complaints = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&complaints);
        let readers = vec![
            thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)))),
            thread::spawn(move || {
                let mut text = Vec::new();
                drop(BufReader::new(errors).read_to_end(&mut text));
                heard.lock().expect("nobody panics here").push_str(&String::from_utf8_lossy(&text));
            }),
        ];
        Process { child, lines, seen: Vec::new(), complaints, readers }
    }

    /// Serves a folder; the address is not known yet.
    pub(crate) fn spawn_venue(folder: &Path) -> Process {
        Process::spawn_venue_with(folder, &[])
    }

    /// Serves a folder with more options.
    pub(crate) fn spawn_venue_with(folder: &Path, options: &[&str]) -> Process {
        Process::spawn_command(Command::new(terahour()).args(serve_arguments(folder)).args(options))
    }

    /// Serves a folder.
    pub(crate) fn venue(folder: &Path) -> (Process, String) {
        let mut process = Process::spawn_venue(folder);
        let url = process.url().unwrap_or_else(|| panic!("the venue does not listen: {}", process.complaints()));
        (process, url)
    }

    /// Where it listens; `None` if it does not.
    pub(crate) fn url(&mut self) -> Option<String> {
        let line = self.line_with("listening on ", PATIENCE)?;
        Some(line.trim_start_matches("listening on ").to_owned())
    }

    /// The next line that contains a text; `None` if the process says no such thing in time.
    pub(crate) fn line_with(&mut self, text: &str, patience: Duration) -> Option<String> {
        let end = Instant::now() + patience;
        loop {
            let line = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())).ok()?;
            self.seen.push(line.clone());
            if line.contains(text) {
                return Some(line);
            }
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// `TERM`, `STOP` or `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success(), "the process is gone");
    }

    /// How it ended; `None` if it has not in time.
    pub(crate) fn exit_status(&mut self, patience: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(2));
        }
        None
    }

    /// Everything it printed, once it has ended.
    pub(crate) fn output(&mut self) -> String {
        self.finish_reading();
        let lines = &self.lines;
        self.seen.extend(lines.try_iter());
        self.seen.join("\n")
    }

    /// Everything it complained about, once it has ended; kills it if it has not.
    pub(crate) fn complaints(&mut self) -> String {
        self.finish_reading();
        self.complaints.lock().expect("nobody panics here").clone()
    }

    fn finish_reading(&mut self) {
        if self.child.try_wait().expect("a child can be asked").is_none() {
            self.kill();
        }
        self.readers.drain(..).for_each(|reader| drop(reader.join()));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves handlers that see a venue otherwise than it is, until the test ends.
pub(crate) async fn serve_view(app: App) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("an address is free");
    let url = format!("http://{}", listener.local_addr().expect("the address is known"));
    tokio::spawn(async move { axum::serve(listener, http::router(app)).await });
    url
}

/// A venue inside the test.
pub(crate) struct Inside {
    pub(crate) url: String,
    pub(crate) app: App,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), ServerError>>,
}

impl Inside {
    /// As `terahour serve` does: every request is signed.
    pub(crate) async fn start(folder: &Path, settings: impl Into<Settings>) -> Inside {
        Inside::start_with(folder, settings, Tokens::Refused).await
    }

    pub(crate) async fn start_with(folder: &Path, settings: impl Into<Settings>, tokens: Tokens) -> Inside {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::start(folder, settings, listen, tokens).await.expect("the venue starts");
        let url = format!("http://{}", server.address().expect("the address is known"));
        server.ensure_operator(operator_key().verifying_key().to_bytes()).await.expect("the operator is registered");
        let app = server.app().clone();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.serve(async move { drop(stopped.await) }));
        Inside { url, app, stop, serving }
    }

    pub(crate) fn operator(&self) -> Client {
        Client::anonymous(&self.url).with_key(operator_key())
    }

    /// The same venue, served as if it had been running for a minute: it takes what was signed a moment before it started.
    pub(crate) async fn long_running(&self) -> String {
        serve_view(App { started_ms: now_ms() - 60_000, ..self.app.clone() }).await
    }

    /// How it ended by itself, once it has.
    pub(crate) async fn ended(&mut self) -> Result<(), ServerError> {
        (&mut self.serving).await.expect("the venue does not panic")
    }

    /// Ends in order.
    pub(crate) async fn end(self) {
        let Inside { app, stop, serving, .. } = self;
        drop(app);
        stop.send(()).expect("the venue is served");
        serving.await.expect("the venue does not panic").expect("the venue ends in order");
    }
}
