//! What was published, for its many readers: a body as bytes, or as trees that proofs are read from.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use settlement::{Body, BodyError, Hash};
use tokio::sync::Mutex;

use crate::batches::files;
use crate::venue::durable::FileError;
use crate::venue::projections::BatchRow;

/// Bodies whose trees are kept. A million leaves take some 200 MB, and nearly everybody asks for the last batch.
const KEPT_MAX: usize = 2;

/// How long a reader waits for others whose trees are built.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a body cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishedError {
    /// Its file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its bytes are no body.
    #[error("the body of batch {number} is damaged: {error}")]
    Damaged {
        /// Which.
        number: u64,
        /// What is wrong.
        error: BodyError,
    },
    /// It is a body, but not the one that was published.
    #[error("the body of batch {number} has the hash {found}, published was {wanted}")]
    Differs {
        /// Which.
        number: u64,
        /// The hash of the file.
        found: Hash,
        /// The hash that the batch binds.
        wanted: Hash,
    },
    /// Too many ask for different batches.
    #[error("the trees of other batches are being built")]
    Busy,
}

/// Bodies with their trees, by their hashes.
type Kept = VecDeque<(Hash, Arc<Body>)>;

/// The published bodies of a venue; cheap to clone.
#[derive(Clone, Debug)]
pub struct Published {
    folder: PathBuf,
    /// The last ones asked for, the latest behind. Whoever builds trees keeps others waiting, so that strangers cannot ask for more
    /// work than one thread does.
    kept: Arc<Mutex<Kept>>,
}

impl Published {
    /// The bodies of a venue's folder.
    pub fn of(folder: &Path) -> Published {
        Published { folder: folder.to_owned(), kept: Arc::default() }
    }

    /// The file of a body.
    pub fn path(&self, number: u64) -> PathBuf {
        files::body_path(&self.folder, number)
    }

    /// The body of a batch, with its trees.
    ///
    /// # Errors
    /// [`PublishedError`]; nothing is proved from a file that is not what was published.
    pub async fn body(&self, row: &BatchRow) -> Result<Arc<Body>, PublishedError> {
        let wanted = row.batch.data_hash;
        let kept = tokio::time::timeout(PATIENCE, self.kept.lock()).await;
        let mut kept = kept.map_err(|_| PublishedError::Busy)?;
        let body = match kept.iter().position(|(hash, _)| *hash == wanted) {
            Some(place) => kept.remove(place).expect("it was found there").1,
            None => {
                let (folder, number) = (self.folder.clone(), row.batch.number);
                let built = tokio::task::spawn_blocking(move || build(&folder, number, wanted)).await;
                Arc::new(built.map_err(|_| PublishedError::Busy)??)
            }
        };
        kept.push_back((wanted, Arc::clone(&body)));
        if kept.len() > KEPT_MAX {
            kept.pop_front();
        }
        Ok(body)
    }
}

fn build(folder: &Path, number: u64, wanted: Hash) -> Result<Body, PublishedError> {
    let bytes = files::read(folder, number)?;
    let found = settlement::data_hash_of(&bytes);
    if found != wanted {
        return Err(PublishedError::Differs { number, found, wanted });
    }
    Body::decode(&bytes).map_err(|error| PublishedError::Damaged { number, error })
}
