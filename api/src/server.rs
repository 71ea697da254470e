//! A venue that is served: the durable core, the web server in front of it, and how both stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use engine::command::{Command, Credential, Role};
use engine::ids::KeyId;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinError;

use crate::http::{self, App};
use crate::signing;
use crate::venue::clock::Clock;
use crate::venue::machines::Action;
use crate::venue::sequencer::SubmitError;
use crate::venue::{Fatal, Settings, StartError, Venue};

/// How long requests under way may take once the venue is asked to stop.
const GOODBYE: Duration = Duration::from_secs(5);

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
    /// Tokens travel in the clear and must not leave the machine.
    #[error("{listen} is no loopback address; this venue accepts bearer tokens, so listen on 127.0.0.1")]
    TokensOffLoopback {
        /// The address.
        listen: SocketAddr,
    },
    /// The operator's key could not be registered.
    #[error("the operator's key could not be registered: {0}")]
    OperatorKey(String),
    /// The setting of approvals could not be made.
    #[error("whether final settlements need an approval could not be set: {0}")]
    Approvals(String),
    /// The web server failed.
    #[error("the web server failed: {0}")]
    Http(std::io::Error),
}

/// Whether bearer tokens are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// Requests must be signed.
    Refused,
    /// Traders may use tokens; only for the demo, and only on a loopback address.
    Accepted,
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
    pub async fn start(
        folder: &Path,
        settings: impl Into<Settings>,
        listen: SocketAddr,
        tokens: Tokens,
    ) -> Result<Server, ServerError> {
        if tokens == Tokens::Accepted && !listen.ip().is_loopback() {
            return Err(ServerError::TokensOffLoopback { listen });
        }
        let listener = TcpListener::bind(listen).await.map_err(|error| ServerError::Listen { listen, error })?;
        let settings = settings.into();
        let stamps_sent = matches!(settings.clock, Clock::System);
        let venue = Venue::start(folder, settings).await?;
        let app = App { stamps_sent, ..App::new(&venue, tokens == Tokens::Accepted) };
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
        match self.app.directory.active_key(key) {
            Some(entry) if entry.role == Role::Operator => return Ok(key),
            Some(_) => return Err(ServerError::OperatorKey(format!("key {key} is a trader's; use another one"))),
            None => {}
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

    /// Sets whether final settlements need a second operator, unless that is so already.
    ///
    /// # Errors
    /// If the venue refuses it.
    pub async fn require_approvals(&self, required: bool) -> Result<(), ServerError> {
        let refused = |error: String| ServerError::Approvals(error);
        let is_so = self.app.handle.read(move |core| core.engine().approvals().required == required).await;
        if is_so.map_err(|error| refused(error.to_string()))? {
            return Ok(());
        }
        let command = Action::Exchange(Command::RequireApprovals { required });
        let outcome = self.app.handle.submit(command, KeyId::VENUE, 0).await;
        let outcome = outcome.map_err(|error| refused(error.to_string()))?;
        outcome.refusal.map_or(Ok(()), |refusal| Err(refused(refusal.to_string())))
    }

    /// Serves until `shutdown` resolves, then ends in order; or until the venue stops by itself.
    ///
    /// # Errors
    /// If the venue stopped by itself; the process has to end then.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ServerError> {
        let Server { listener, app, mut stopped } = self;
        let (stop, stopping) = watch::channel(false);
        let mut asked = stopping.clone();
        let signal = async move { drop(asked.wait_for(|&asked| asked).await) };
        let serve = axum::serve(listener, http::router(app)).with_graceful_shutdown(signal).into_future();
        let mut server = tokio::spawn(serve);
        tokio::select! {
            fatal = &mut stopped => {
                stop.send_replace(true);
                tokio::time::sleep(FAREWELL).await;
                return fatal.unwrap_or(Err(Fatal::Panicked)).map_err(ServerError::from);
            }
            served = &mut server => joined(served)?,
            () = shutdown => {
                stop.send_replace(true);
                // A client that never finishes its request must not keep the venue from stopping.
                match tokio::time::timeout(GOODBYE, &mut server).await {
                    Ok(served) => joined(served)?,
                    Err(_) => {
                        server.abort();
                        drop(server.await);
                    }
                }
            }
        }
        // The last handle goes with the web server; the sequencer then closes the journal and reports. A connection that
        // is still open may hold one, and is not waited for: what was answered is durable already.
        match tokio::time::timeout(GOODBYE, stopped).await {
            Ok(ended) => ended.unwrap_or(Err(Fatal::Panicked)).map_err(ServerError::from),
            Err(_) => Ok(()),
        }
    }
}

fn joined(served: Result<std::io::Result<()>, JoinError>) -> Result<(), ServerError> {
    served.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(ServerError::Http)
}
