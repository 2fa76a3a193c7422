//! Words for funnels.

use analysis::findings::FunnelResult;

use super::counted;
use crate::number;
use crate::text::clean;

/// What the configuration calls a funnel, else its steps.
pub(crate) fn funnel_name(funnel: &FunnelResult) -> String {
    funnel.name.clone().unwrap_or_else(|| {
        let steps: Vec<&str> = funnel
            .steps
            .iter()
            .map(|step| step.event.as_str())
            .collect();
        steps.join(" > ")
    })
}

/// `checkout within 7.0 days on ios`.
pub(crate) fn funnel_head(funnel: &FunnelResult) -> String {
    let segment = &funnel.segment;
    let parts = [&segment.platform, &segment.channel, &segment.release];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| clean(part))
        .collect();
    let on = if parts.is_empty() {
        String::new()
    } else {
        format!(" on {}", parts.join(", "))
    };
    let within = number::span(funnel.within_seconds);
    format!("{} within {within}{on}", clean(&funnel_name(funnel)))
}

/// `12.3% of 1,173 users got through (11.0 to 13.7%), half of them in 3.2 h or less; …`.
pub(crate) fn funnel_sentence(funnel: &FunnelResult) -> String {
    let unit = analysis::metric::Unit::Rate;
    if funnel.entered == 0 {
        return "Nobody took the first step.".to_owned();
    }
    let mut text = match number::interval(unit, &funnel.conversion) {
        Some(interval) => format!(
            "{} of {} got through ({interval})",
            number::estimate(unit, &funnel.conversion),
            counted(funnel.conversion.n, "user", "users")
        ),
        None => "No user can be judged yet".to_owned(),
    };
    if let Some(seconds) = funnel.seconds.value {
        text.push_str(", half of them in ");
        text.push_str(&number::span(seconds));
        text.push_str(" or less");
    }
    if funnel.left_out > 0 {
        let left_out = counted(funnel.left_out, "more has", "more have");
        text.push_str("; ");
        text.push_str(&left_out);
        text.push_str(" time left and count once it is over");
    }
    text.push('.');
    text
}
