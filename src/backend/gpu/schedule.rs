//! Decides which tasks run together: waves by data dependencies, dispatches by kernel.

use std::collections::HashMap;

use super::kernels::GpuKernel;
use super::records::RawRecord;
use super::task::{GpuResource, KernelTask, ResourceAccess};

/// Records of one launch at most: the third grid extent that every device allows.
const MAX_RECORDS: u32 = 65_535;

/// Consecutive records that one dispatch works on, or a part of their workgroups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KernelLaunch {
    /// The pipeline.
    pub kernel: GpuKernel,
    /// First record.
    pub first_record: u32,
    /// Number of records: the third grid extent.
    pub records: u32,
    /// First workgroup of each record.
    pub first_workgroup: u32,
    /// Workgroups of each record; smaller records leave some idle.
    pub workgroups: u32,
    /// Estimated operations of each record.
    pub work: f64,
}

impl KernelLaunch {
    /// Estimated operations of the whole launch.
    pub fn total(&self) -> f64 {
        self.work * f64::from(self.records)
    }

    /// Cuts off as much from the front as `budget` operations allow, at least one workgroup of one
    /// record; returns the front and what is left.
    pub fn split(self, budget: f64) -> (Self, Option<Self>) {
        if self.total() <= budget {
            return (self, None);
        }
        if self.records > 1 {
            let front = ((budget / self.work) as u32).clamp(1, self.records - 1);
            let rest = Self {
                first_record: self.first_record + front,
                records: self.records - front,
                ..self
            };
            return (Self { records: front, ..self }, Some(rest));
        }
        let share = budget / self.work;
        let front = ((f64::from(self.workgroups) * share) as u32).clamp(1, self.workgroups);
        if front == self.workgroups {
            return (self, None);
        }
        let part = |first: u32, workgroups: u32| Self {
            first_workgroup: first,
            workgroups,
            work: self.work * f64::from(workgroups) / f64::from(self.workgroups),
            ..self
        };
        let first = self.first_workgroup;
        (part(first, front), Some(part(first + front, self.workgroups - front)))
    }
}

/// All launches of a group of networks, in order.
#[derive(Clone, Debug, Default)]
pub struct LaunchSchedule {
    /// Records in the order the launches name them.
    pub records: Vec<RawRecord>,
    /// The launches.
    pub launches: Vec<KernelLaunch>,
}

impl LaunchSchedule {
    /// Schedules the tasks of several independent networks, each in its own order.
    ///
    /// A task's wave is one more than that of the latest task before it that it conflicts with
    /// (read after write, write after read, write after write on the same memory). Tasks of one wave
    /// and kernel share a launch unless one needs less than half of the other's workgroups.
    pub fn new(networks: &[Vec<KernelTask>]) -> Self {
        let mut tasks: Vec<(usize, &KernelTask)> = Vec::new();
        for network in networks {
            let waves = waves(network);
            tasks.extend(waves.into_iter().zip(network));
        }
        tasks.sort_by_key(|(wave, task)| (*wave, task.kernel, std::cmp::Reverse(task.workgroups)));
        let mut schedule = Self::default();
        let mut current: Option<(usize, KernelLaunch)> = None;
        for (wave, task) in tasks {
            match &mut current {
                Some((at, launch)) if *at == wave && joins(launch, task) => {
                    launch.records += 1;
                    launch.work = launch.work.max(task.work);
                }
                _ => {
                    schedule.launches.extend(current.take().map(|(_, launch)| launch));
                    current = Some((wave, schedule.start(task)));
                }
            }
            schedule.records.push(task.record);
        }
        schedule.launches.extend(current.map(|(_, launch)| launch));
        schedule
    }

    fn start(&self, task: &KernelTask) -> KernelLaunch {
        KernelLaunch {
            kernel: task.kernel,
            first_record: self.records.len() as u32,
            records: 1,
            first_workgroup: 0,
            workgroups: task.workgroups,
            work: task.work,
        }
    }
}

fn joins(launch: &KernelLaunch, task: &KernelTask) -> bool {
    launch.kernel == task.kernel
        && launch.records < MAX_RECORDS
        && task.workgroups * 2 >= launch.workgroups
}

/// The wave of each task of one network.
fn waves(tasks: &[KernelTask]) -> Vec<usize> {
    let mut seen: HashMap<GpuResource, Vec<(ResourceAccess, usize)>> = HashMap::new();
    let mut waves = Vec::with_capacity(tasks.len());
    for task in tasks {
        let earliest = |access: &ResourceAccess| {
            let before = seen.get(&access.resource).into_iter().flatten();
            let conflicting = before.filter(|(other, _)| other.conflicts(access));
            conflicting.map(|(_, wave)| wave + 1).max().unwrap_or(0)
        };
        let wave = if task.last {
            usize::MAX
        } else {
            task.accesses.iter().map(earliest).max().unwrap_or(0)
        };
        for access in &task.accesses {
            seen.entry(access.resource).or_default().push((*access, wave));
        }
        waves.push(wave);
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(kernel: GpuKernel, workgroups: u32, reads: &[usize], writes: &[usize]) -> KernelTask {
        let read = reads.iter().map(|&home| ResourceAccess::read(GpuResource::Home(home)));
        let write = writes.iter().map(|&home| ResourceAccess::write(GpuResource::Home(home)));
        let accesses = read.chain(write).collect();
        KernelTask { kernel, record: [0; 32], workgroups, work: 1.0, accesses, last: false }
    }

    #[test]
    fn a_rewritten_slot_waits_for_its_readers() {
        let tasks = [
            task(GpuKernel::Pool, 1, &[0], &[1]),
            task(GpuKernel::Pool, 1, &[0], &[2]),
            task(GpuKernel::Combine, 1, &[1], &[3]),
            task(GpuKernel::Pool, 1, &[0], &[1]),
            task(GpuKernel::Pool, 1, &[1], &[2]),
        ];
        assert_eq!(waves(&tasks), [0, 0, 1, 2, 3]);
    }

    #[test]
    fn disjoint_channels_share_a_wave() {
        let mut tasks = vec![task(GpuKernel::CopyChannels, 1, &[0], &[1]); 3];
        for (task, range) in tasks.iter_mut().zip([[0, 1], [2, 3], [3, 4]]) {
            task.accesses[1].range = range;
        }
        assert_eq!(waves(&tasks), [0, 0, 1]);
    }

    #[test]
    fn networks_share_launches_of_similar_extent() {
        let one =
            vec![task(GpuKernel::Pool, 8, &[0], &[1]), task(GpuKernel::Combine, 8, &[1], &[2])];
        let two = vec![task(GpuKernel::Pool, 5, &[0], &[1]), task(GpuKernel::Pool, 2, &[0], &[3])];
        let schedule = LaunchSchedule::new(&[one, two]);
        let launches: Vec<_> =
            schedule.launches.iter().map(|l| (l.kernel, l.records, l.workgroups)).collect();
        let expected =
            [(GpuKernel::Pool, 2, 8), (GpuKernel::Pool, 1, 2), (GpuKernel::Combine, 1, 8)];
        assert_eq!(launches, expected);
    }

    #[test]
    fn a_launch_splits_without_losing_workgroups() {
        let whole = KernelLaunch {
            kernel: GpuKernel::Pool,
            first_record: 3,
            records: 5,
            first_workgroup: 0,
            workgroups: 7,
            work: 10.0,
        };
        for budget in [0.1, 3.0, 10.0, 25.0, 49.0, 50.0] {
            let mut seen = std::collections::BTreeSet::new();
            let mut rest = Some(whole);
            while let Some(launch) = rest {
                let (front, after) = launch.split(budget);
                for record in 0..front.records {
                    for workgroup in 0..front.workgroups {
                        let key = (front.first_record + record, front.first_workgroup + workgroup);
                        assert!(seen.insert(key), "{key:?} twice with budget {budget}");
                    }
                }
                rest = after;
            }
            assert_eq!(seen.len(), 35, "budget {budget}");
        }
    }
}
