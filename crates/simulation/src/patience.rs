//! How long callers would have waited, from those who hung up and those who were answered first.
//!
//! Who was answered after 9 s would have waited 9 s at least; how much longer nobody knows. Leaving her out, or
//! taking her 9 s for her patience, makes all callers look impatient. Kaplan and Meier (1958, doi:10.2307/2281868)
//! count her among those who could have hung up until then, and among nobody afterwards.

use crate::draw::Draw;

/// Mean patience of a floor where nobody ever hung up, in seconds.
const NOBODY_HUNG_UP_S: f64 = 600.0;

/// The share of callers who still wait, by time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Patience {
    /// Seconds at which somebody hung up, and the share that waits on afterwards.
    steps: Vec<(f64, f64)>,
    /// Mean of what is left after the last step: all the waiting there was, by those who hung up.
    tail_s: f64,
}

impl Patience {
    /// `waits`: seconds, and whether she hung up then (else she was answered, or lost to a fault).
    pub(crate) fn of(waits: &[(f64, bool)]) -> Self {
        let mut waits = waits.to_vec();
        waits.sort_by(|one, other| one.0.total_cmp(&other.0));
        let hung_up = waits.iter().filter(|wait| wait.1).count();
        let waited: f64 = waits.iter().map(|wait| wait.0).sum();
        let tail_s = if hung_up == 0 { NOBODY_HUNG_UP_S } else { waited / hung_up as f64 };
        let (mut steps, mut share) = (Vec::with_capacity(hung_up), 1.0);
        for (passed, (at, hung_up)) in waits.iter().enumerate() {
            if *hung_up {
                share *= 1.0 - 1.0 / (waits.len() - passed) as f64;
                steps.push((*at, share));
            }
        }
        Self { steps, tail_s }
    }

    /// A patience of somebody who is known to have waited `waited` seconds.
    pub(crate) fn beyond(&self, waited: f64, draw: &mut Draw) -> f64 {
        let now = self.steps.partition_point(|(at, _)| *at <= waited);
        let share = now.checked_sub(1).and_then(|last| self.steps.get(last)).map_or(1.0, |it| it.1);
        let goal = share * draw.uniform();
        let then = self.steps.get(now..).unwrap_or_default().iter().find(|(_, left)| *left <= goal);
        match then {
            Some((at, _)) => *at,
            None => {
                let last = self.steps.last().map_or(waited, |(at, _)| at.max(waited));
                last + draw.exponential() * self.tail_s
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_were_answered_do_not_make_the_others_impatient() {
        // Patience of mean 60 s; everybody is answered after a time of mean 20 s, if she still waits.
        let mut draw = Draw::new(5);
        let waits: Vec<(f64, bool)> = (0..20_000)
            .map(|_| (draw.exponential() * 60.0, draw.exponential() * 20.0))
            .map(|(patience, answer)| (patience.min(answer), patience < answer))
            .collect();
        let hung_up: Vec<f64> = waits.iter().filter(|wait| wait.1).map(|wait| wait.0).collect();
        let naive = hung_up.iter().sum::<f64>() / hung_up.len() as f64;
        assert!(naive < 20.0, "who hung up waited {naive} s on average");
        let patience = Patience::of(&waits);
        let mean = (0..20_000).map(|_| patience.beyond(0.0, &mut draw)).sum::<f64>() / 20_000.0;
        assert!((55.0..65.0).contains(&mean), "{mean}");
    }

    #[test]
    fn nobody_is_less_patient_than_she_was() {
        let mut draw = Draw::new(6);
        let patience = Patience::of(&[(5.0, true), (10.0, false), (20.0, true), (30.0, false)]);
        for waited in [0.0, 4.0, 12.0, 25.0, 300.0] {
            assert!((0..200).all(|_| patience.beyond(waited, &mut draw) >= waited), "{waited}");
        }
        let known = (0..200).all(|_| patience.beyond(0.0, &mut draw) > 0.0);
        assert!(known && Patience::of(&[]).beyond(0.0, &mut draw) > 0.0);
    }
}
