//! `jean import`: memories from an export of this or another product.

use std::{error::Error, fs, path::PathBuf};

use indicatif::ProgressBar;
use jean_memory::{AccessScope, transfer};
use jean_memory_service::ImportReport;

use crate::{
    accounts::StoreArgs,
    terminal::{print, print_error},
};

/// Arguments of `jean import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The user's email address or id
    #[arg(value_name = "EMAIL|ID")]
    user_ref: String,
    /// The file to import
    file: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
}

/// Memories per request to the store.
const BATCH: usize = 490;

/// Imports all memories. Duplicates are skipped, so an import can be repeated.
pub(crate) async fn run(Arguments { user_ref, file, store }: Arguments) -> Result<(), Box<dyn Error>> {
    let accounts = store.open()?;
    let user = accounts.find(&user_ref).await?;
    let bytes = fs::read(&file).map_err(|source| format!("cannot read {}: {source}", file.display()))?;
    let (mut memories, mut refused) = (Vec::new(), 0);
    for record in transfer::read(&bytes, accounts.clock.now())? {
        match record.memory {
            Ok(memory) => memories.push(memory),
            Err(invalid) => {
                print_error(format_args!("{}, {}: {invalid}", file.display(), record.number));
                refused += 1;
            }
        }
    }
    let bar = ProgressBar::new(memories.len() as u64);
    let reach = AccessScope::all(user.user_id);
    let mut imported = ImportReport::default();
    for batch in memories.chunks(BATCH) {
        let ImportReport { added, already_there } = accounts.service.import(&reach, batch.to_vec()).await?;
        imported.added += added;
        imported.already_there += already_there;
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    let ImportReport { added, already_there } = imported;
    print(format_args!(
        "{}: {added} memories added, {already_there} duplicates skipped, {refused} invalid.",
        user.email
    ));
    Ok(())
}
