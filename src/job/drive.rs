//! A run on a space: what the strategy asks is answered from the study, by another process that
//! works on it, or by scoring and training, and told to the strategy in the order in which it asked.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::accuracy::{Accuracies, reused};
use super::scorer::Scored;
use super::shared::Shared;
use super::study::{Facts, Ledger};
use super::{Event, JobConfig, JobError, Opened, Run, Summary, candidate, open};
use crate::backend::{Backend, Cancel, RunOutput};
use crate::data::Batch;
use crate::score::Score;
use crate::search::{Ask, Next, Strategy};
use crate::space::{Architecture, Space};
use crate::store::{ClaimOutcome, ClaimRequest, Record, ResultRow, ScoreKey, StudyState};
use crate::weights::Initialisation;

/// Work that is claimed at once takes about as long as this, so that claims cost little beside it.
const LOT: Duration = Duration::from_millis(500);
/// The most questions that are claimed at once.
const MAX_LOT: usize = 256;
/// The most questions that are open, those that others answer included.
const MAX_OPEN: usize = 4096;
/// How often answers of others are looked for.
const POLL: Duration = Duration::from_millis(50);

/// What a job on a space does.
pub(super) struct Plan<'m> {
    pub space: Space,
    pub strategy: Box<dyn Strategy + 'm>,
    /// The score it asks for.
    pub score: &'static Score,
    /// What decides which architecture is best.
    pub drive: Ask,
    /// Where accuracies come from, if it asks for them.
    pub accuracies: Option<Accuracies>,
    /// Whether equal architectures share a result.
    pub unique: bool,
}

/// Something the strategy asked, in the order in which it did.
struct Question {
    position: u64,
    architecture: Architecture,
    name: String,
    ask: Ask,
    key: Option<ScoreKey>,
    state: Standing,
}

/// How a question stands.
enum Standing {
    /// It is not known whose work it is.
    Open,
    /// Another process is at it, or this one at an equal network.
    Taken,
    /// It is this process's to answer.
    Mine,
    /// It is answered.
    Answered(Box<Answer>),
}

/// What the strategy is told, and the record.
struct Answer {
    told: f64,
    record: Record,
    output: Option<RunOutput>,
}

/// The parts of a run.
struct Desk<'r, 'c> {
    run: Run<'c>,
    ledger: Ledger,
    backend: &'r mut dyn Backend,
    batch: &'r Batch,
    initialisation: Initialisation,
    cancel: &'r Cancel,
    space: Space,
    strategy: Box<dyn Strategy + 'r>,
    score: &'static Score,
    drive: Ask,
    accuracies: Option<Accuracies>,
    shared: Shared,
    questions: VecDeque<Question>,
    asked: u64,
    /// The strategy asks nothing more, or the budget of training is spent.
    exhausted: bool,
    lot: usize,
    /// When answers of others are looked for again.
    next_poll: Instant,
}

/// Runs a plan to its end, or until it is cancelled or fails.
pub(super) fn run(
    config: &JobConfig,
    plan: Plan<'_>,
    cancel: &Cancel,
    events: &mut dyn FnMut(Event),
) -> Result<Summary, JobError> {
    let Plan { space, strategy, score, drive, accuracies, unique } = plan;
    let options = &config.options;
    let Opened { images, mut backend } = open(options, space.input(), cancel, events)?;
    let initialisation = options.initialisation.unwrap_or(space.initialisation());
    let weight_seeds = super::weight_seeds(options.seed, options.repeats);
    let facts = Facts {
        space: &space,
        batch: &images.batch.fingerprint(),
        weight_seeds: &weight_seeds,
        device: backend.info(),
        initialisation,
        reuse: score.needs_forward_pass() && !config.outputs,
    };
    let ledger = Ledger::open(config, &facts, events)?;
    let (total, study) = (strategy.total(), ledger.id().map(str::to_owned));
    let run = Run::start(config, score, &images, backend.as_mut(), (total, study), None, events)?;
    let shared = Shared::new((unique && !ledger.reuses()).then_some(options.count), score);
    let mut desk = Desk {
        run,
        ledger,
        batch: &images.batch,
        initialisation,
        cancel,
        space,
        strategy,
        score,
        drive,
        accuracies,
        shared,
        questions: VecDeque::new(),
        asked: 0,
        exhausted: false,
        lot: 1,
        next_poll: Instant::now(),
        backend: backend.as_mut(),
    };
    let result = desk.work(events);
    desk.finish(result)
}

impl Desk<'_, '_> {
    fn work(&mut self, events: &mut dyn FnMut(Event)) -> Result<(), JobError> {
        self.lot = self.group_size(Ask::Score);
        while !self.cancel.is_cancelled() {
            let begin = Instant::now();
            let asked = self.ask()?;
            let news = self.claim(asked == 0)?;
            self.deliver(events)?;
            while let Some(chunk) = self.next_chunk() {
                self.answer(&chunk)?;
                self.deliver(events)?;
                if self.cancel.is_cancelled() {
                    return Ok(());
                }
            }
            self.adapt_lot(asked, begin.elapsed());
            if self.exhausted && self.questions.is_empty() {
                return Ok(());
            }
            if asked == 0 && !news {
                std::thread::sleep(POLL);
            }
        }
        Ok(())
    }

    /// How many questions are best answered at once.
    fn group_size(&mut self, ask: Ask) -> usize {
        let size = match ask {
            Ask::Score => self
                .run
                .scorer(self.backend, self.batch, self.initialisation, self.cancel)
                .group_size(),
            Ask::Accuracy => self.accuracies.as_ref().map_or(1, Accuracies::group_size),
        };
        size.max(1)
    }

    /// Claims about as much as is answered in [`LOT`].
    fn adapt_lot(&mut self, asked: usize, took: Duration) {
        let least = self.group_size(Ask::Score);
        if asked >= self.lot && took < LOT / 2 {
            self.lot = (self.lot * 2).min(MAX_LOT);
        } else if took > LOT * 2 {
            self.lot /= 2;
        }
        self.lot = self.lot.max(least);
    }

    /// Hears what the strategy asks, as much as is claimed at once; how much that is.
    fn ask(&mut self) -> Result<usize, JobError> {
        let trainings = self.group_size(Ask::Accuracy);
        let waiting = self.questions.len();
        let (mut scores, mut accuracies) = (0, 0);
        while !self.exhausted
            && scores < self.lot
            && accuracies < trainings
            && waiting + scores + accuracies < MAX_OPEN
            && !self.cancel.is_cancelled()
        {
            let (architecture, ask) = match self.strategy.next() {
                Ok(Next::Try(architecture, ask)) => (architecture, ask),
                Ok(Next::Wait) => {
                    self.exhausted = self.questions.is_empty();
                    break;
                }
                Ok(Next::Done) => {
                    self.exhausted = true;
                    break;
                }
                // A measurement of the strategy's was cancelled.
                Err(_) if self.cancel.is_cancelled() => break,
                Err(error) => return Err(error.into()),
            };
            if !self.affords(&architecture, ask) {
                self.exhausted = true;
                break;
            }
            match ask {
                Ask::Score => scores += 1,
                Ask::Accuracy => accuracies += 1,
            }
            let key = if ask == Ask::Score { self.ledger.key(&architecture) } else { None };
            let name = architecture.to_string();
            let position = self.asked;
            self.asked += 1;
            let state = Standing::Open;
            self.questions.push_back(Question { position, architecture, name, ask, key, state });
        }
        Ok(scores + accuracies)
    }

    /// Whether the budget allows what is asked; it is spent then.
    fn affords(&mut self, architecture: &Architecture, ask: Ask) -> bool {
        match (ask, &mut self.accuracies) {
            (Ask::Score, _) => true,
            (Ask::Accuracy, Some(accuracies)) => accuracies.spend(architecture),
            (Ask::Accuracy, None) => false,
        }
    }

    /// Learns whose work the open questions are, and now and then what became of those that are taken;
    /// whether anything came of it.
    fn claim(&mut self, idle: bool) -> Result<bool, JobError> {
        let polls = idle || Instant::now() >= self.next_poll;
        if polls {
            self.next_poll = Instant::now() + POLL;
        }
        let open: Vec<usize> = (0..self.questions.len())
            .filter(|&at| match self.questions[at].state {
                Standing::Open => true,
                Standing::Taken => polls,
                Standing::Mine | Standing::Answered(_) => false,
            })
            .collect();
        let wants: Vec<ClaimRequest<'_>> = open
            .iter()
            .map(|&at| &self.questions[at])
            .map(|one| ClaimRequest {
                position: one.position,
                architecture: &one.name,
                key: one.key,
            })
            .collect();
        if wants.is_empty() {
            return Ok(false);
        }
        let claims = self.ledger.claim(&wants)?;
        let mut news = false;
        for (at, claim) in open.into_iter().zip(claims) {
            news |= claim != ClaimOutcome::Taken;
            match claim {
                ClaimOutcome::Taken => self.questions[at].state = Standing::Taken,
                ClaimOutcome::Mine => self.questions[at].state = Standing::Mine,
                ClaimOutcome::Done(row) => self.take_up(at, *row),
                ClaimOutcome::Cached(row) => self.reuse(at, &row)?,
            }
        }
        Ok(news)
    }

    /// A result of this study, from an earlier run or another process.
    fn take_up(&mut self, at: usize, row: ResultRow) {
        self.run.summary.known += 1;
        let told = row.told.unwrap_or(row.record.rank_score());
        let answer = Answer { told, record: row.record, output: None };
        self.questions[at].state = Standing::Answered(Box::new(answer));
    }

    /// A result of an equal network.
    fn reuse(&mut self, at: usize, row: &ResultRow) -> Result<(), JobError> {
        self.run.summary.known += 1;
        let seed = self.run.config.options.seed;
        let architecture = &self.questions[at].architecture;
        let record = reused(architecture, self.score, seed, &row.record);
        self.answered(at, record, None)
    }

    /// Keeps an answer in the study, until it is told.
    fn answered(
        &mut self,
        at: usize,
        mut record: Record,
        output: Option<RunOutput>,
    ) -> Result<(), JobError> {
        let question = &mut self.questions[at];
        let told = record.rank_score();
        if question.ask != self.drive {
            record.value = f64::NEG_INFINITY;
        }
        let row =
            || ResultRow { key: question.key, ..ResultRow::new(question.position, record.clone()) };
        self.ledger.append(&question.architecture, told, row)?;
        question.state = Standing::Answered(Box::new(Answer { told, record, output }));
        Ok(())
    }

    /// Questions of this process that are best answered at once: of one kind, as many as the backend or
    /// the trainers like.
    fn next_chunk(&mut self) -> Option<Vec<usize>> {
        let is_mine = |&at: &usize| matches!(self.questions[at].state, Standing::Mine);
        let mine: Vec<usize> = (0..self.questions.len()).filter(is_mine).collect();
        let ask = self.questions[*mine.first()?].ask;
        let most = self.group_size(ask);
        Some(mine.into_iter().filter(|&at| self.questions[at].ask == ask).take(most).collect())
    }

    /// Scores or trains; what was not finished before the run was cancelled stays unanswered.
    fn answer(&mut self, chunk: &[usize]) -> Result<(), JobError> {
        let asked: Vec<Architecture> =
            chunk.iter().map(|&at| self.questions[at].architecture.clone()).collect();
        let answers = match self.questions[chunk[0]].ask {
            Ask::Score => self.scored(&asked),
            Ask::Accuracy => self.trained(&asked),
        };
        for (&at, answer) in chunk.iter().zip(answers) {
            match answer {
                Some((record, output)) => self.answered(at, record, output)?,
                None => self.questions[at].state = Standing::Open,
            }
        }
        Ok(())
    }

    fn scored(&mut self, asked: &[Architecture]) -> Vec<Option<Scored>> {
        let fresh = self.shared.fresh(asked);
        let candidates = fresh.iter().map(|a| candidate(a)).collect();
        let outputs = self.run.config.outputs;
        let mut scorer =
            self.run.scorer(self.backend, self.batch, self.initialisation, self.cancel);
        let scored = scorer.score(candidates, outputs);
        self.shared.spread(asked, &fresh, scored)
    }

    fn trained(&mut self, asked: &[Architecture]) -> Vec<Option<Scored>> {
        let Some(accuracies) = &mut self.accuracies else { return Vec::new() };
        let origin = (self.run.config.options.seed, self.backend.info());
        let records = accuracies.answer(&self.space, asked, origin, self.cancel);
        records.into_iter().map(|record| Some((record?, None))).collect()
    }

    /// Tells the strategy and the front end what is answered, in order, up to the first question that
    /// is not.
    fn deliver(&mut self, events: &mut dyn FnMut(Event)) -> Result<(), JobError> {
        while let Some(front) =
            self.questions.pop_front_if(|front| matches!(front.state, Standing::Answered(_)))
        {
            let Standing::Answered(answer) = front.state else { continue };
            self.strategy.observe(&front.architecture, front.ask, answer.told);
            self.run.take(answer.record, answer.output, events);
        }
        self.run.check_written()
    }

    fn finish(mut self, result: Result<(), JobError>) -> Result<Summary, JobError> {
        let interrupted = self.cancel.is_cancelled();
        let state = match &result {
            Ok(()) if interrupted => StudyState::Interrupted,
            Ok(()) => StudyState::Done,
            Err(_) => StudyState::Failed,
        };
        if let Err(error) = &result {
            // A study that cannot take the results takes no message about it either.
            let _ = self.ledger.warn(&super::chain(error));
        }
        let closed = self.ledger.finish(state);
        result?;
        closed?;
        let best = self.run.summary.best.first();
        self.run.summary.reported =
            self.accuracies.as_ref().zip(best).and_then(|(accuracies, best)| {
                accuracies.reported(&self.space.parse(&best.architecture).ok()?)
            });
        self.run.summary.rejected = self.strategy.rejected();
        self.run.finish(self.cancel)
    }
}
