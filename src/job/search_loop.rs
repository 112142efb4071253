//! The search loop. The value of a proposal comes from the study, from another process that works on
//! the study, or from scoring or training here; the strategy observes values in the order of its
//! proposals.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::accuracy::{AccuracySource, reused};
use super::own_parts::{OwnScore, ranked_by_own};
use super::proposal::{Proposal, ProposalAnswer, ProposalState};
use super::recorder::Recorder;
use super::scorer::ScoredNetwork;
use super::shared_results::SharedResults;
use super::study_session::{StudyFacts, StudySession};
use super::{Event, JobConfig, JobError, Session, Summary, candidate};
use crate::backend::Cancel;
use crate::plan::Count;
use crate::score::{Ranking, Score};
use crate::search::{NextStep, Objective, Strategy, TrialValue};
use crate::space::{Architecture, Space};
use crate::store::{ClaimOutcome, ClaimRequest, Record, ResultRow, Status, StudyState};

/// Proposals that are claimed at once take about as long as this, so that claims cost little beside them.
const BATCH_DURATION: Duration = Duration::from_millis(500);
/// The most proposals that are claimed at once.
const MAX_BATCH: usize = 256;
/// The most proposals without a value, including those that other processes work on.
const MAX_OPEN: usize = 4096;
/// How often results of other processes are looked for.
const POLL: Duration = Duration::from_millis(50);

/// What a search on a space is made of.
pub(super) struct SearchSetup<'m> {
    pub space: Space,
    pub strategy: Box<dyn Strategy + 'm>,
    /// What decides which architecture is best.
    pub objective: Objective,
    /// Where accuracies come from, if it needs them.
    pub accuracies: Option<AccuracySource>,
    /// Whether equal architectures share a result.
    pub unique: bool,
    /// The calling program's own score, if that ranks.
    pub own_score: Option<Box<dyn OwnScore + 'm>>,
}

/// A run on a space, as it goes.
struct SearchLoop<'r> {
    config: &'r JobConfig,
    session: &'r Session,
    recorder: Recorder,
    study: StudySession,
    cancel: &'r Cancel,
    space: Space,
    strategy: Box<dyn Strategy + 'r>,
    objective: Objective,
    accuracies: Option<AccuracySource>,
    own_score: Option<Box<dyn OwnScore + 'r>>,
    shared: SharedResults,
    /// Where architectures are trained as well: the records of those that have a score.
    scored: HashMap<String, Record>,
    /// Proposals that the strategy has not observed yet.
    proposals: VecDeque<Proposal>,
    /// How many were made in all.
    proposed: u64,
    /// The strategy proposes nothing more, or the training budget is spent.
    exhausted: bool,
    /// How many proposals are claimed at once.
    batch_size: usize,
    /// When results of other processes are looked for again.
    next_poll: Instant,
}

/// Runs a search to its end, or until it is cancelled or fails.
pub(super) fn run<'r>(
    config: &'r JobConfig,
    session: &'r Session,
    setup: SearchSetup<'r>,
    cancel: &'r Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Summary, JobError> {
    let SearchSetup { space, strategy, objective, accuracies, unique, own_score } = setup;
    // Its values are not known to depend on what earlier results are found by.
    let is_own = own_score.is_some();
    let facts = StudyFacts {
        space: &space,
        batch: &session.fingerprint(),
        weight_seeds: session.weight_seeds(),
        device: session.device(),
        reuse: session.scores().needs_forward_pass() && !config.outputs && !is_own,
        keys: session.result_keys(&space),
    };
    let study = StudySession::open(config, &facts, events)?;
    let (total, id) = (strategy.total(), study.id().map(str::to_owned));
    let recorder = Recorder::start(config, session, (total, id), None, events)?;
    let is_combined = matches!(session.ranking(), Ranking::Combined(_));
    let shares = (unique || is_combined && !config.outputs) && !study.reuses() && !is_own;
    let mut search = SearchLoop {
        config,
        session,
        recorder,
        shared: SharedResults::new(
            shares.then(|| counted(config, session)),
            score_of(session.ranking()),
        ),
        study,
        cancel,
        space,
        strategy,
        objective,
        accuracies,
        own_score,
        scored: HashMap::new(),
        proposals: VecDeque::new(),
        proposed: 0,
        exhausted: false,
        batch_size: 1,
        next_poll: Instant::now(),
    };
    let result = search.work(events);
    if result.is_ok() && cancel.is_cancelled() {
        search.record_answered(events);
    }
    search.finish(result)
}

/// The score that is the value of a record; none where records get it by comparison.
fn score_of(ranking: &Ranking) -> Option<&'static Score> {
    match ranking {
        Ranking::Score(score) => Some(score.0),
        Ranking::Combined(_) => None,
    }
}

/// What decides which architectures are equal: scores of moments see what leads to the output, whatever
/// counts for codes.
fn counted(config: &JobConfig, session: &Session) -> Count {
    let is_counted = session.scores().iter().any(Score::depends_on_count);
    if is_counted { config.options.count } else { Count::Live }
}

impl SearchLoop<'_> {
    fn work(&mut self, events: &mut dyn FnMut(Event)) -> Result<(), JobError> {
        self.batch_size = self.group_size(Objective::Score);
        while !self.cancel.is_cancelled() {
            let begin = Instant::now();
            let proposed = self.collect_proposals()?;
            let changed = self.claim_proposals(proposed == 0, events)?;
            self.deliver(events)?;
            while let Some(chunk) = self.next_chunk() {
                self.answer_proposals(&chunk)?;
                self.deliver(events)?;
                if self.cancel.is_cancelled() {
                    return Ok(());
                }
            }
            self.adapt_batch_size(proposed, begin.elapsed());
            if self.exhausted && self.proposals.is_empty() {
                return Ok(());
            }
            if proposed == 0 && !changed {
                std::thread::sleep(POLL);
            }
        }
        Ok(())
    }

    /// How many proposals are best answered at once.
    fn group_size(&self, objective: Objective) -> usize {
        let size = match objective {
            Objective::Score => self.session.group_size(),
            Objective::Accuracy => self.accuracies.as_ref().map_or(1, AccuracySource::group_size),
        };
        size.max(1)
    }

    /// Claims as many proposals at once as take about [`BATCH_DURATION`].
    fn adapt_batch_size(&mut self, proposed: usize, took: Duration) {
        let smallest = self.group_size(Objective::Score);
        if proposed >= self.batch_size && took < BATCH_DURATION / 2 {
            self.batch_size = (self.batch_size * 2).min(MAX_BATCH);
        } else if took > BATCH_DURATION * 2 {
            self.batch_size /= 2;
        }
        self.batch_size = self.batch_size.max(smallest);
    }

    /// Takes proposals of the strategy, as many as are claimed at once; returns how many.
    fn collect_proposals(&mut self) -> Result<usize, JobError> {
        let trainings = self.group_size(Objective::Accuracy);
        let waiting = self.proposals.len();
        let (mut scores, mut accuracies) = (0, 0);
        while !self.exhausted
            && scores < self.batch_size
            && accuracies < trainings
            && waiting + scores + accuracies < MAX_OPEN
            && !self.cancel.is_cancelled()
        {
            let (architecture, objective) = match self.strategy.next() {
                Ok(NextStep::Propose(architecture, objective)) => (architecture, objective),
                Ok(NextStep::Wait) => {
                    self.exhausted = self.proposals.is_empty();
                    break;
                }
                Ok(NextStep::Done) => {
                    self.exhausted = true;
                    break;
                }
                // A latency measurement was cancelled.
                Err(_) if self.cancel.is_cancelled() => break,
                Err(error) => return Err(error.into()),
            };
            if !self.try_spend_budget(&architecture, objective) {
                self.exhausted = true;
                break;
            }
            match objective {
                Objective::Score => scores += 1,
                Objective::Accuracy => accuracies += 1,
            }
            let wanted = match objective {
                Objective::Score => self.study.wanted(&architecture),
                Objective::Accuracy => Vec::new(),
            };
            let name = architecture.to_string();
            let position = self.proposed;
            self.proposed += 1;
            let state = ProposalState::Unclaimed;
            self.proposals.push_back(Proposal {
                position,
                architecture,
                name,
                objective,
                wanted,
                state,
            });
        }
        Ok(scores + accuracies)
    }

    /// Takes the training of a proposal from the budget; `false` if the budget does not cover it.
    fn try_spend_budget(&mut self, architecture: &Architecture, objective: Objective) -> bool {
        match (objective, &mut self.accuracies) {
            (Objective::Score, _) => true,
            (Objective::Accuracy, Some(accuracies)) => accuracies.try_spend_budget(architecture),
            (Objective::Accuracy, None) => false,
        }
    }

    /// Claims proposals, and now and then asks again for those that are claimed elsewhere; returns whether
    /// anything changed.
    fn claim_proposals(
        &mut self,
        idle: bool,
        events: &mut dyn FnMut(Event),
    ) -> Result<bool, JobError> {
        let polls = idle || Instant::now() >= self.next_poll;
        if polls {
            self.next_poll = Instant::now() + POLL;
        }
        let unclaimed: Vec<usize> = (0..self.proposals.len())
            .filter(|&at| match self.proposals[at].state {
                ProposalState::Unclaimed => true,
                ProposalState::ClaimedElsewhere => polls,
                ProposalState::Claimed | ProposalState::Answered(_) => false,
            })
            .collect();
        let wants: Vec<ClaimRequest<'_>> = unclaimed
            .iter()
            .map(|&at| &self.proposals[at])
            .map(|one| ClaimRequest {
                position: one.position,
                architecture: &one.name,
                wanted: &one.wanted,
            })
            .collect();
        if wants.is_empty() {
            return Ok(false);
        }
        let claims = self.study.claim(&wants, self.cancel, events)?;
        let mut changed = false;
        for (at, claim) in unclaimed.into_iter().zip(claims) {
            changed |= claim != ClaimOutcome::Taken;
            match claim {
                ClaimOutcome::Taken => self.proposals[at].state = ProposalState::ClaimedElsewhere,
                ClaimOutcome::Mine => self.proposals[at].state = ProposalState::Claimed,
                ClaimOutcome::Done(row) => self.use_stored(at, *row),
                ClaimOutcome::Cached(row) => self.use_cached(at, &row)?,
            }
        }
        Ok(changed)
    }

    /// Takes a result of this study, from an earlier run or another process.
    fn use_stored(&mut self, at: usize, row: ResultRow) {
        self.recorder.summary.known += 1;
        self.keep_scored(at, &row.record);
        let value = self.trial_value(&row.record, row.told);
        let answer = ProposalAnswer { value, record: row.record, output: None, reused: true };
        self.proposals[at].state = ProposalState::Answered(Box::new(answer));
    }

    /// Takes the result of an equal network.
    fn use_cached(&mut self, at: usize, row: &ResultRow) -> Result<(), JobError> {
        self.recorder.summary.known += 1;
        let seed = self.config.options.seed;
        let architecture = &self.proposals[at].architecture;
        let score = score_of(self.session.ranking());
        let record = reused(architecture, score, seed, &row.record);
        self.set_answer(at, ScoredNetwork { record, output: None }, true)
    }

    /// What a strategy compares a record by; `told` is the score of one that is ranked by its accuracy.
    fn trial_value(&self, record: &Record, told: Option<f64>) -> TrialValue {
        match self.session.ranking() {
            _ if record.accuracy.is_some() => TrialValue::Number(record.rank_score()),
            _ if record.status != Status::Ok => TrialValue::Number(f64::NEG_INFINITY),
            Ranking::Combined(components) => {
                TrialValue::Components(record.component_values(components))
            }
            Ranking::Score(_) => TrialValue::Number(told.unwrap_or(record.rank_score())),
        }
    }

    /// Writes a result to the study and keeps it until the strategy observes it.
    fn set_answer(
        &mut self,
        at: usize,
        ScoredNetwork { mut record, output }: ScoredNetwork,
        reused: bool,
    ) -> Result<(), JobError> {
        self.keep_scored(at, &record);
        let told = record.rank_score();
        let value = self.trial_value(&record, None);
        let proposal = &mut self.proposals[at];
        if proposal.objective != self.objective {
            record.value = f64::NEG_INFINITY;
        }
        let row = || {
            let row = ResultRow::new(proposal.position, record.clone());
            let key = |at: usize| proposal.wanted.get(at).map(|wanted| wanted.key);
            ResultRow { key: key(0), other_key: key(1), ..row }
        };
        self.study.append(&proposal.architecture, told, row)?;
        proposal.state =
            ProposalState::Answered(Box::new(ProposalAnswer { value, record, output, reused }));
        Ok(())
    }

    /// Keeps a record with a score for the record of the architecture's training.
    fn keep_scored(&mut self, at: usize, record: &Record) {
        if self.accuracies.is_some() && self.proposals[at].objective == Objective::Score {
            self.scored.insert(record.architecture.clone(), record.clone());
        }
    }

    /// Proposals of this process that are best answered at once: with one objective, as many as the device
    /// or the trainers take.
    fn next_chunk(&mut self) -> Option<Vec<usize>> {
        let is_mine = |&at: &usize| matches!(self.proposals[at].state, ProposalState::Claimed);
        let mine: Vec<usize> = (0..self.proposals.len()).filter(is_mine).collect();
        let objective = self.proposals[*mine.first()?].objective;
        let most = self.group_size(objective);
        // Those whose result is shared cost nothing, and do not fill a group.
        let mut costly = 0;
        let fits = |&at: &usize| {
            let fits = costly < most;
            costly += usize::from(!self.shared.knows(&self.proposals[at].architecture));
            fits
        };
        let mine = mine.into_iter().filter(|&at| self.proposals[at].objective == objective);
        Some(mine.take_while(fits).collect())
    }

    /// Scores or trains; what was not finished before the run was cancelled stays unanswered.
    fn answer_proposals(&mut self, chunk: &[usize]) -> Result<(), JobError> {
        let proposed: Vec<Architecture> =
            chunk.iter().map(|&at| self.proposals[at].architecture.clone()).collect();
        let objective = self.proposals[chunk[0]].objective;
        let is_shared = |architecture: &Architecture| {
            objective == Objective::Score && self.shared.knows(architecture)
        };
        let shared: Vec<bool> = proposed.iter().map(is_shared).collect();
        let answers = match objective {
            Objective::Score => self.scored(&proposed),
            Objective::Accuracy => self.trained(&proposed),
        };
        for ((&at, answer), reused) in chunk.iter().zip(answers).zip(shared) {
            match answer {
                Some(scored) => self.set_answer(at, scored, reused)?,
                None => self.proposals[at].state = ProposalState::Unclaimed,
            }
        }
        Ok(())
    }

    fn scored(&mut self, proposed: &[Architecture]) -> Vec<Option<ScoredNetwork>> {
        let unscored = self.shared.unscored(proposed);
        let candidates = unscored.iter().map(candidate).collect();
        let outputs = self.config.outputs || self.own_score.is_some();
        let scored = self.session.score(candidates, outputs, self.cancel);
        let Some(own) = &mut self.own_score else {
            return self.shared.spread(proposed, &unscored, scored);
        };
        let name = self.config.ranked_by();
        let ranked = |(architecture, network): (&Architecture, Option<ScoredNetwork>)| {
            ranked_by_own(own.as_mut(), name, architecture, network?)
        };
        proposed.iter().zip(scored).map(ranked).collect()
    }

    fn trained(&mut self, proposed: &[Architecture]) -> Vec<Option<ScoredNetwork>> {
        let Some(accuracies) = &mut self.accuracies else { return Vec::new() };
        let origin = (self.config.options.seed, self.session.device());
        let records = accuracies.answer(&self.space, proposed, origin, self.cancel);
        let scored = |record: Record| {
            let record = match self.scored.get(&record.architecture) {
                Some(scored) if record.status == Status::Ok => Record {
                    accuracy: record.accuracy,
                    value: record.value,
                    seconds: record.seconds,
                    ..scored.clone()
                },
                _ => record,
            };
            ScoredNetwork { record, output: None }
        };
        records.into_iter().map(|record| Some(scored(record?))).collect()
    }

    /// Hands values to the strategy and records to the front end, in order, up to the first proposal
    /// without a value.
    fn deliver(&mut self, events: &mut dyn FnMut(Event)) -> Result<(), JobError> {
        while let Some(front) =
            self.proposals.pop_front_if(|front| matches!(front.state, ProposalState::Answered(_)))
        {
            let ProposalState::Answered(answer) = front.state else { continue };
            self.strategy.observe(&front.architecture, front.objective, &answer.value);
            self.recorder.record(answer.record, answer.output, answer.reused, events);
        }
        self.recorder.check_written()
    }

    /// After the search was cancelled: records what was answered behind a proposal that was not, so that
    /// all outputs have what the study has.
    fn record_answered(&mut self, events: &mut dyn FnMut(Event)) {
        for proposal in std::mem::take(&mut self.proposals) {
            if let ProposalState::Answered(answer) = proposal.state {
                self.recorder.record(answer.record, answer.output, answer.reused, events);
            }
        }
    }

    fn finish(mut self, result: Result<(), JobError>) -> Result<Summary, JobError> {
        let interrupted = self.cancel.is_cancelled();
        let state = match &result {
            Ok(()) if interrupted => StudyState::Interrupted,
            // It was waited for until the job was cancelled.
            Err(JobError::Store(error)) if error.is_lost() => StudyState::Interrupted,
            Ok(()) => StudyState::Done,
            Err(_) => StudyState::Failed,
        };
        if let Err(error) = &result {
            // A study that cannot take the results takes no message about it either.
            let _ = self.study.warn(&super::chain(error));
        }
        let closed = self.study.finish(state);
        match result {
            // How the study was left says where its results are.
            Err(JobError::Store(error)) if error.is_lost() => closed?,
            result => {
                result?;
                closed?;
            }
        }
        let best = self.recorder.best();
        self.recorder.summary.reported =
            self.accuracies.as_ref().zip(best).and_then(|(accuracies, best)| {
                accuracies.reported(&self.space.parse(&best.architecture).ok()?)
            });
        self.recorder.summary.rejected = self.strategy.rejected();
        self.recorder.summary.disconnected = self.strategy.disconnected();
        self.recorder.finish(self.cancel)
    }
}
