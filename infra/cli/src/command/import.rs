//! `jean import`: memories from an export, or from elsewhere.

use std::{error::Error, fs, path::PathBuf};

use indicatif::ProgressBar;
use jean_memory::{AccessScope, transfer};
use jean_memory_service::ImportReport;

use crate::{
    people::Place,
    terminal::{complain, say},
};

/// Whose memories they become, and where from.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Their address or id
    #[arg(value_name = "EMAIL|ID")]
    who: String,
    /// The file
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// How many are added before the bar moves on.
const AT_ONCE: usize = 490;

/// Adds them. The same once more adds nothing twice.
pub(crate) async fn run(Arguments { who, file, place }: Arguments) -> Result<(), Box<dyn Error>> {
    let people = place.open()?;
    let user = people.find(&who).await?;
    let bytes = fs::read(&file).map_err(|source| format!("{} can't be read: {source}", file.display()))?;
    let (mut memories, mut refused) = (Vec::new(), 0);
    for record in transfer::read(&bytes, people.clock.now())? {
        match record.memory {
            Ok(memory) => memories.push(memory),
            Err(invalid) => {
                complain(format_args!("{}, {}: {invalid}", file.display(), record.number));
                refused += 1;
            }
        }
    }
    let bar = ProgressBar::new(memories.len() as u64);
    let reach = AccessScope::all(user.user_id);
    let mut imported = ImportReport::default();
    for batch in memories.chunks(AT_ONCE) {
        let ImportReport { added, already_there } = people.service.import(&reach, batch.to_vec()).await?;
        imported.added += added;
        imported.already_there += already_there;
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    let ImportReport { added, already_there } = imported;
    say(format_args!(
        "{}: {added} memories were added, {already_there} were there already, {refused} could not be read.",
        user.email
    ));
    Ok(())
}
