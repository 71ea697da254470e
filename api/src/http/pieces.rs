//! Sends a file in pieces, so that a large one is never in memory whole, however slowly it is taken.

use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

/// Bytes of a piece.
const PIECE: usize = 1 << 18;

/// Pieces that are read ahead.
const AHEAD: usize = 2;

struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        self.0.poll_recv(context)
    }
}

/// The content of a file from where it stands. No thread waits for a client that is slow.
pub(super) fn of(file: File) -> Body {
    let (sender, pieces) = mpsc::channel(AHEAD);
    tokio::spawn(send(file, sender));
    Body::from_stream(Pieces(pieces))
}

async fn send(mut file: File, pieces: mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let read = spawn_blocking(move || {
            let mut piece = vec![0; PIECE];
            let length = file.read(&mut piece)?;
            piece.truncate(length);
            Ok((file, piece))
        });
        let piece = match read.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok((_, piece)) if piece.is_empty() => return,
            Ok((rest, piece)) => {
                file = rest;
                Ok(Bytes::from(piece))
            }
            Err(error) => {
                drop(pieces.send(Err(error)).await);
                return;
            }
        };
        // Whoever asked may be gone.
        if pieces.send(piece).await.is_err() {
            return;
        }
    }
}
