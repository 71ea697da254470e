//! A venue that is served: the durable core, the web server in front of it, and how both stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use engine::command::{Command, Credential, Role};
use engine::ids::KeyId;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::http::{self, App};
use crate::signing;
use crate::venue::clock::Clock;
use crate::venue::machines::Action;
use crate::venue::sequencer::SubmitError;
use crate::venue::{Fatal, StartError, Venue};

/// How long clients in flight get to hear that their outcome is unknown, before the process ends.
const FAREWELL: Duration = Duration::from_millis(300);

/// Why a venue is not served, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}: {error}; choose another address with --listen, such as 127.0.0.1:0")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The venue does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The venue stopped by itself.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// The operator's key could not be registered.
    #[error("the operator's key could not be registered: {0}")]
    OperatorKey(String),
    /// The web server failed.
    #[error("the web server failed: {0}")]
    Http(std::io::Error),
}

/// A venue that listens and is about to serve.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    app: App,
    stopped: oneshot::Receiver<Result<(), Fatal>>,
}

impl Server {
    /// Starts the venue of a folder and listens.
    ///
    /// # Errors
    /// If the address is taken or the venue does not start.
    pub async fn start(folder: &Path, clock: Clock, listen: SocketAddr) -> Result<Server, ServerError> {
        let listener = TcpListener::bind(listen).await.map_err(|error| ServerError::Listen { listen, error })?;
        let venue = Venue::start(folder, clock).await?;
        // A token travels in the clear, so it must not leave the machine.
        let app = App::new(&venue, listen.ip().is_loopback());
        Ok(Server { listener, app, stopped: venue.stopped })
    }

    /// The same venue, with something to say about its data at the foot of its page.
    #[must_use]
    pub fn with_notice(mut self, notice: &'static str) -> Server {
        self.app.notice = notice;
        self
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn address(&self) -> Result<SocketAddr, ServerError> {
        self.listener.local_addr().map_err(ServerError::Http)
    }

    /// The handlers' view of the venue.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Registers an operator's key unless it is registered already.
    ///
    /// # Errors
    /// If the venue refuses it.
    pub async fn ensure_operator(&self, public_key: [u8; 32]) -> Result<KeyId, ServerError> {
        let key = signing::key_id(&public_key);
        if self.app.directory.active_key(key).is_some() {
            return Ok(key);
        }
        let credential = Credential::Ed25519(public_key);
        let command = Command::RegisterKey { key, credential, role: Role::Operator };
        let outcome = self.app.handle.submit(Action::Exchange(command), KeyId::VENUE, 0).await;
        match outcome {
            Ok(outcome) if outcome.refusal.is_none() => Ok(key),
            Ok(outcome) => {
                Err(ServerError::OperatorKey(outcome.refusal.map(|refusal| refusal.to_string()).unwrap_or_default()))
            }
            Err(error @ (SubmitError::Busy | SubmitError::Unknown)) => Err(ServerError::OperatorKey(error.to_string())),
        }
    }

    /// Serves until `shutdown` resolves, then ends in order; or until the venue stops by itself.
    ///
    /// # Errors
    /// If the venue stopped by itself; the process has to end then.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServerError> {
        let Server { listener, app, mut stopped } = self;
        let (stop, stop_requested) = oneshot::channel::<()>();
        let signal = async move {
            tokio::select! {
                () = shutdown => {}
                _ = stop_requested => {}
            }
        };
        let server = axum::serve(listener, http::router(app)).with_graceful_shutdown(signal).into_future();
        let server = tokio::spawn(server);
        tokio::select! {
            fatal = &mut stopped => {
                drop(stop);
                tokio::time::sleep(FAREWELL).await;
                fatal.unwrap_or(Err(Fatal::Panicked)).map_err(ServerError::from)
            }
            served = wait(server) => {
                served?;
                // The last handle is gone with the web server; the sequencer closes the journal and reports.
                stopped.await.unwrap_or(Err(Fatal::Panicked)).map_err(ServerError::from)
            }
        }
    }
}

async fn wait(server: tokio::task::JoinHandle<std::io::Result<()>>) -> Result<(), ServerError> {
    server.await.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(ServerError::Http)
}
