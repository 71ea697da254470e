//! One seed from its first command to its last, and what is told of it if it fails.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::command::{Command, Stamp};
use engine::instrument::{Kind, SettlementKind};

use crate::fault::Fault;
use crate::flow::Flow;
use crate::plant::Plant;
use crate::shadow::Counts;
use crate::shrink::{shorten, silently};
use crate::trial::{Pace, Trial};

/// Commands shown of a script that could not be made short.
const SHOWN: usize = 40;

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// All chance follows from it.
    pub seed: u64,
    /// How many commands.
    pub commands: u64,
    /// A fault to be found.
    pub plant: Option<Plant>,
    /// How long a failing script may be made shorter.
    pub shrink: Duration,
}

/// What a run came by.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Commands applied.
    pub commands: u64,
    /// What they led to.
    pub counts: Counts,
    /// Restarts from a snapshot and from the journal.
    pub restarts: u64,
    /// Power cuts that took the end of the journal.
    pub power_cuts: u64,
    /// Commands that had to be sent again after one.
    pub resent: u64,
    /// Refusals after which the whole state was compared.
    pub refusals: u64,
    /// Times everything was compared.
    pub checkpoints: u64,
    /// How often which rule refused a command.
    pub rules: BTreeMap<&'static str, u64>,
    /// How often which kind of command was accepted.
    pub kinds: BTreeMap<&'static str, u64>,
}

/// A seed that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which promise was broken, and how.
    pub fault: Fault,
    /// The command that broke it.
    pub at: u64,
    /// The last commands before.
    pub last: String,
    /// The shortest script that was found to break the same promise.
    pub script: String,
    /// Its length.
    pub length: usize,
}

/// Plays a seed.
///
/// # Errors
/// What failed, with a script that shows it.
pub fn run(settings: &Settings) -> Result<Report, Box<Failure>> {
    let Settings { seed, commands, plant, shrink } = *settings;
    let mut trial = Trial::new(seed, Pace::of(commands), plant);
    let mut kinds = BTreeMap::new();
    silently(|| play(seed, commands, &mut trial, &mut kinds)).map_err(|fault| {
        let script = trial.commands();
        let at = script.last().map_or(0, |(stamp, _)| stamp.seq.0);
        let last = written(&script[script.len().saturating_sub(SHOWN)..]);
        println!("seed {seed} breaks a promise at command {at}: {}; making it shorter", fault.promise);
        let shortest = shorten(script, &trial.touched(), fault.promise, plant, shrink);
        Box::new(Failure { fault, at, last, length: shortest.len(), script: written(&shortest) })
    })?;
    Ok(Report {
        commands,
        counts: trial.counts(),
        restarts: trial.restarts,
        power_cuts: trial.power_cuts,
        resent: trial.lost,
        refusals: trial.refusals,
        checkpoints: trial.checkpoints,
        rules: trial.refused().clone(),
        kinds,
    })
}

fn play(seed: u64, commands: u64, trial: &mut Trial, kinds: &mut BTreeMap<&'static str, u64>) -> Result<(), Fault> {
    let mut flow = Flow::new(seed, commands);
    for _ in 0..commands {
        let (stamp, command) = flow.next(trial.venue());
        let refused = trial.counts().refused;
        trial.step(&stamp, &command)?;
        if trial.counts().refused == refused {
            *kinds.entry(kind(&command)).or_default() += 1;
        }
        let lost = trial.lose_power()?;
        if !lost.is_empty() {
            flow.resume(trial.venue(), lost);
        }
    }
    trial.finish()
}

/// Commands as lines for people.
fn written(commands: &[(Stamp, Command)]) -> String {
    let first = commands.first().map_or(0, |(stamp, _)| stamp.time.0);
    let line = |(stamp, command): &(Stamp, Command)| {
        let micros = stamp.time.0 - first;
        format!("{:>8} +{:>14} us  key {}  {command:?}\n", stamp.seq.0, micros, stamp.key)
    };
    commands.iter().map(line).collect()
}

/// How many kinds of commands there are, each kind of contract listed and each kind of settlement one: the flow sends all of them.
pub const KINDS: usize = 46;

fn kind(command: &Command) -> &'static str {
    match command {
        Command::OpenAccount { .. } => "open account",
        Command::RegisterKey { .. } => "register key",
        Command::RevokeKey { .. } => "revoke key",
        Command::OpenSubAccount { .. } => "open sub-account",
        Command::SetAccountLimits { .. } => "set account limits",
        Command::DefineAsset { .. } => "define asset",
        Command::Deposit { .. } => "deposit",
        Command::RequestWithdrawal { .. } => "request withdrawal",
        Command::PostTransfer { .. } => "post transfer",
        Command::VoidTransfer { .. } => "void transfer",
        Command::TransferFunds { .. } => "transfer funds",
        Command::ListInstrument { terms } => match terms.kind {
            Kind::Month(_) => "list month",
            Kind::MarginedMonth(_) => "list month on margin",
            Kind::PhysicalMonth(_) => "list physical month",
            Kind::Strip(_) => "list strip",
            Kind::Perpetual(_) => "list perpetual",
            Kind::Spread(_) => "list spread",
            Kind::Spot(_) => "list spot pair",
        },
        Command::SetFamily { .. } => "set family",
        Command::SetControls { .. } => "set controls",
        Command::HaltInstrument { .. } => "halt",
        Command::ResumeInstrument { .. } => "resume",
        Command::ScheduleFees { .. } => "schedule fees",
        Command::AssignFeeTier { .. } => "assign tier",
        Command::UpdateMark { .. } => "update mark",
        Command::SetMargin { .. } => "set margin",
        Command::SetCredit { .. } => "set credit",
        Command::PublishRisk { .. } => "publish risk",
        Command::SetBackstop { .. } => "set backstop",
        Command::FundInsurance { .. } => "fund insurance",
        Command::SubmitOrder(_) => "place",
        Command::AmendOrder(_) => "amend",
        Command::CancelOrder { .. } => "cancel",
        Command::CancelAllOrders { .. } => "cancel all",
        Command::CancelAfter { .. } => "cancel after",
        Command::ProcessDue => "process due",
        Command::AdoptRules { .. } => "adopt rules",
        Command::RecordFixing { .. } => "record fixing",
        Command::StartSettlement { kind, .. } => match kind {
            SettlementKind::Daily => "settle a day",
            SettlementKind::Final => "settle for good",
            SettlementKind::Funding => "fund",
            SettlementKind::Cascade => "cascade",
        },
        Command::AdvanceSettlement { .. } => "advance settlement",
        Command::RequireApprovals { .. } => "require approvals",
        Command::ProposeFinal { .. } => "propose final",
        Command::ApproveFinal { .. } => "approve final",
        Command::AttachChain { .. } => "attach chain",
        Command::LinkAccount { .. } => "link account",
        Command::CreditDeposit { .. } => "credit deposit",
        Command::CreditImport { .. } => "credit import",
        Command::WithdrawToChain { .. } => "withdraw to chain",
        Command::CutBatch { .. } => "cut batch",
        Command::ConfirmBatch { .. } => "confirm batch",
        Command::ReceiveExit { .. } => "receive exit",
        Command::RecordFreeze { .. } => "record freeze",
        Command::Vault(_) => "vaults",
    }
}
