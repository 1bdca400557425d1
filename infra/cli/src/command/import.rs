//! `jean import`: memories from an export of this or another product.

mod files;
mod report;

use std::{collections::HashSet, error::Error, path::PathBuf, process::ExitCode};

use indicatif::ProgressBar;
use jean_import::{Import, Options, RecordPlace, Refusal, Report, SkipReason, Skipped, Source};
use jean_memory::{AccessScope, MemoryId};

use crate::accounts::{AccountStore, StoreArgs};

/// Arguments of `jean import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The user's email address or id
    #[arg(value_name = "EMAIL|ID")]
    user_ref: String,
    /// The file or folder to import: an export of Jean Memory, mem0, OpenMemory, the MCP memory server, basic-memory,
    /// supermemory, mcp-memory-service, Letta or Claude, a list in text or Markdown with one memory a line, CSV or TSV; also
    /// as zip or gz
    file: PathBuf,
    /// The user whose memories are imported, if the file has those of several
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
    /// Show what would be imported, with three examples, and import nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Examples shown by `--dry-run`.
const EXAMPLES: usize = 3;

/// Imports all memories. Duplicates are skipped, so an import can be repeated. Fails if a record was skipped, unless it
/// was to be left out.
pub(crate) async fn run(
    Arguments { user_ref, file, user_id, dry_run, store }: Arguments,
) -> Result<ExitCode, Box<dyn Error>> {
    let accounts = store.open().await?;
    let user = accounts.find(&user_ref).await?;
    let files = files::read(&file)?;
    let sources: Vec<_> = files.read.iter().map(|(name, bytes)| Source { name, bytes }).collect();
    let options = Options { user_id: user_id.as_deref(), ..Options::new(accounts.clock.now()) };
    let mut import = jean_import::read(&sources, &options).map_err(advised)?;
    import.report.skipped.extend(files.unread.iter().map(|name| Skipped {
        place: RecordPlace { file: Some(name.as_str().into()), ..RecordPlace::default() },
        reason: SkipReason::NotRegular,
    }));
    let siblings = import.remove_repeats();
    let scope = AccessScope::all(user.user_id);
    if dry_run {
        report::print_examples(import.memories.iter().take(EXAMPLES));
    }
    let report = add(&accounts, &scope, import, &siblings, dry_run).await?;
    report::print_report(&user.email, &report, dry_run);
    Ok(if report.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The message of a refused file. That of an unknown format names the place where the formats are listed.
fn advised(refusal: Refusal) -> String {
    match refusal {
        Refusal::Unknown { .. } => format!("{refusal} The accepted files: jean import --help"),
        _ => refusal.to_string(),
    }
}

/// Adds the memories that the account does not have, or only counts them.
async fn add(
    accounts: &AccountStore,
    scope: &AccessScope,
    import: Import,
    siblings: &HashSet<MemoryId>,
    dry_run: bool,
) -> Result<Report, Box<dyn Error>> {
    let Import { memories, mut report } = import;
    let bar = ProgressBar::new(memories.len() as u64);
    let counted = |memories: usize| bar.inc(memories as u64);
    let imported = if dry_run {
        accounts.service.preview_import(scope, &memories, siblings, counted).await?
    } else {
        accounts.service.import_all(scope, &memories, siblings, || true, counted).await?.0
    };
    report.added += imported.added;
    report.already_there += imported.already_there;
    bar.finish_and_clear();
    Ok(report)
}
