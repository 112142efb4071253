//! The record of all statistics.

use untrained::statistics::{
    PredictorReport, ReportOptions, bootstrap, kendall_tau_b, precision_at, regret_at, spearman_rho,
};

/// Accuracies 0 to 199, scores that follow them roughly.
fn pairs() -> Vec<(f64, f64)> {
    (0..200).map(|place| (f64::from((place * 37) % 200 / 4 + place), f64::from(place))).collect()
}

#[test]
fn a_report_holds_the_statistics_of_its_parts() {
    let mut given = pairs();
    given.extend([(f64::NAN, 3.0), (4.0, f64::NAN), (f64::NEG_INFINITY, 0.0)]);
    let options = ReportOptions { resamples: 200, seed: 4 };
    let report = PredictorReport::new("naswot", &given, options, &|| false).unwrap();
    assert_eq!((report.dropped, report.infinite), (2, 1));

    let kept: Vec<_> = given.iter().copied().filter(|pair| !(pair.0 + pair.1).is_nan()).collect();
    assert_eq!(report.all.n, 201);
    assert_eq!(report.all.tau_b.value, kendall_tau_b(&kept));
    assert_eq!(report.all.rho.value, spearman_rho(&kept));
    let intervals = bootstrap(&kept, 200, 4);
    assert_eq!(report.all.tau_b.interval, intervals.tau_b);
    let (tau, interval) = (report.all.tau_b.value.unwrap(), intervals.tau_b.unwrap());
    assert!(interval.low < tau && tau < interval.high, "{interval:?} around {tau}");

    let best: Vec<_> = kept.iter().copied().filter(|pair| pair.1 >= 179.0).collect();
    assert_eq!(report.best_tenth.n, 21);
    assert_eq!(report.best_tenth.tau_b.value, kendall_tau_b(&best));
    for at in &report.all.regret {
        assert_eq!(at.value, regret_at(&kept, at.k), "{}", at.k);
    }
    for at in &report.all.precision {
        assert_eq!(at.value, precision_at(&kept, at.k), "{}", at.percent);
    }
    assert_eq!(report.all.precision[2].k, 21);
    assert_eq!(report.best_tenth.regret[2].value, None, "there are no hundred");
}

fn reported(pairs: &[(f64, f64)], resamples: u32) -> PredictorReport {
    let options = ReportOptions { resamples, seed: 0 };
    PredictorReport::new("params", pairs, options, &|| false).unwrap()
}

/// By hand: scores choose accuracies 3, 1, 2 of 1, 2, 3, which the scale maps to 1, 0, 0.5.
#[test]
fn gains_are_scaled_between_the_worst_and_the_best() {
    let mut pairs = vec![(10.0, 93.0), (9.0, 91.0), (8.0, 92.0)];
    pairs.extend((0..7).map(|place| (f64::from(-place), 91.0)));
    let report = reported(&pairs, 0);
    let ideal = 1.0 + 0.5 / 3.0_f64.log2();
    let expected = (1.0 + 0.5 / 4.0_f64.log2()) / ideal;
    assert!((report.all.ndcg[0].value.unwrap() - expected).abs() < 1e-12);
    assert_eq!(report.all.tau_b.interval, None, "no resamples were asked for");
}

#[test]
fn reports_of_little_are_written_as_json_without_numbers_that_it_lacks() {
    for pairs in [vec![], vec![(1.0, 90.0)], vec![(1.0, 90.0); 4], vec![(1.0, f64::INFINITY); 2]] {
        let report = reported(&pairs, 10);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["all"]["n"], pairs.len());
        assert!(json["all"]["tau_b"]["value"].is_null());
        assert!(json["all"]["tau_b"]["interval"].is_null());
        assert_eq!(json["predictor"], "params");
        assert_eq!(json["options"]["resamples"], 10);
    }
}
