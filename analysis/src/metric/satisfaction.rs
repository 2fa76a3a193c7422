//! What people say of the product.

use super::metrics;

metrics! { Satisfaction in SATISFACTION_GROUP:
    RATING_MEAN = "rating_mean", "Mean rating", Score, UpIsGood,
        shown_in [WeeklyKpis, WeeklyReport, HealthCheck, PlanningGoals],
        means "How many stars people gave in the window, on average, from 1 to 5.",
        formula "sum of the ratings ÷ ratings",
        of "sum of ratings", per "ratings",
        edge_cases [
            "A rating that was changed counts once, as it stood last, on the day of its last change.",
            "A rating on another scale than 1 to 5 is another measure, and left out.",
        ],
        interval "Student t 95 %; difference Welch",
        fed_by "feedback of kind rating with a score", source "Welch 1947";
    RATING_DISTRIBUTION = "rating_distribution", "Ratings by star", Count, Neutral,
        shown_in [WeeklyReport],
        means "How many people gave one star, how many two, and so on up to five.",
        formula "for each star: ratings of it",
        of "ratings of a star", per "",
        edge_cases [
            "A rating between two stars goes to the lower one.",
            "The five counts add up to the ratings that the mean rests on.",
        ],
        interval "none: counts",
        fed_by "feedback of kind rating with a score", source "field practice";
    LOW_RATING = "low_rating", "Low ratings (1 or 2 stars)", Rate, DownIsGood,
        shown_in [WeeklyKpis, WeeklyReport, HealthCheck, PlanningGoals],
        means "Of the ratings of the window, the share of those with one or two stars.",
        formula "ratings of 1 or 2 ÷ ratings",
        of "ratings of 1 or 2", per "ratings",
        edge_cases [
            "A rating that was changed counts once, as it stood last.",
            "A rating between 2 and 3, such as 2.5, is not low, though it stands with two stars in the split by stars.",
            "A rating on another scale than 1 to 5 is left out.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "feedback of kind rating with a score", source "Wilson 1927; Newcombe 1998";
    CSAT = "csat", "CSAT (4 or 5 of 5)", Rate, UpIsGood,
        shown_in [WeeklyKpis, PlanningGoals],
        means "Of the people who answered how satisfied they are, the share who chose one of the two best answers.",
        formula "answers of 4 or 5 ÷ CSAT answers",
        of "answers of 4 or 5", per "CSAT answers",
        edge_cases [
            "3 of 5 is not satisfied.",
            "An answer on another scale than 1 to 5 is left out.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "feedback of kind csat with a score 1 to 5", source "top-2-box practice";
    NPS = "nps", "NPS", Points, UpIsGood,
        shown_in [WeeklyKpis, PlanningGoals],
        means "Net promoter score: of 100 people asked whether they would recommend the product, how many more would than would warn against it.",
        formula "100 × (promoters − detractors) ÷ NPS answers",
        of "100 x (promoters 9-10 - detractors 0-6)", per "NPS answers",
        edge_cases [
            "Promoters answered 9 or 10, detractors 0 to 6; 7 and 8 are passive: they count below the line alone.",
            "It lies between -100 and 100 and is no percentage.",
            "An answer on another scale than 0 to 10 is left out; one outside of its own scale, such as 11, is refused when it comes.",
        ],
        interval "adjusted Wald (Rocks 2016) 95 %; difference from both variances",
        fed_by "feedback of kind nps with a score 0 to 10", source "Reichheld 2003; Rocks 2016";
    CES = "ces", "Customer effort score (CES)", Score, UpIsGood,
        shown_in [WeeklyKpis],
        means "How easy people found it to get something done, on average, from 1 (very hard) to 7 (very easy).",
        formula "sum of the CES answers ÷ CES answers",
        of "sum of CES answers", per "CES answers",
        edge_cases [
            "More is easier. The share of answers of 5 to 7 stands beside it.",
            "An answer on another scale than 1 to 7 is left out.",
        ],
        interval "Student t 95 %; difference Welch",
        fed_by "feedback of kind ces with a score 1 to 7", source "Dixon, Freeman and Toman 2010; CES 2.0, 2013";
    SENTIMENT_SHARE = "sentiment_negative_share", "Negative comments", Rate, DownIsGood,
        shown_in [HealthCheck],
        means "Of the comments that people gave without a score, the share that reads as negative.",
        formula "comments that read as negative ÷ comments without a score whose words can be judged",
        of "comments that read as negative", per "comments without a score",
        edge_cases [
            "Replies of the team are left out.",
            "Comments with stars or an answer are left out: low ratings, CSAT and NPS tell more of them.",
            "Words in a language that cannot be judged are in neither part; English can be.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "feedback with text and without a score", source "field practice";
    FEEDBACK_VOLUME = "feedback_volume", "Pieces of feedback", Count, Neutral,
        shown_in [WeeklyKpis, PlanningGoals],
        means "How often people told you something in the window.",
        formula "pieces of feedback given in the window",
        of "pieces of feedback", per "",
        edge_cases [
            "Replies of the team are not counted as feedback: they answer a piece of it.",
            "A piece that was changed counts once, on the day of its last change.",
            "A rating without words is a piece of feedback, too.",
        ],
        interval "none: a count",
        fed_by "feedback, or an import of reviews", source "field practice";
    FEEDBACK_PER_THOUSAND = "feedback_per_thousand", "Feedback per 1,000 active users", PerThousand, Neutral,
        shown_in [WeeklyKpis],
        means "How many pieces of feedback 1,000 active people give.",
        formula "1,000 × pieces of feedback ÷ active users",
        of "1,000 x pieces of feedback", per "active users of the window",
        edge_cases [
            "Replies of the team are not counted.",
            "People who gave feedback without any event are above the line and not below it.",
            "No value where no event says who was active.",
        ],
        interval "exact Poisson 95 % (Garwood 1936); difference by recovered variances (Zou and Donner 2008)",
        fed_by "feedback, and events with user_id or anonymous_id", source "field practice; Garwood 1936; Zou and Donner 2008";
    ANSWERED = "answered_share", "Answered feedback", Rate, UpIsGood,
        shown_in [WeeklyKpis, PlanningGoals],
        means "Of the feedback given in the window, the share that your team had answered by as_of.",
        formula "pieces of feedback with an answer ÷ pieces of feedback",
        of "pieces of feedback with an answer", per "pieces of feedback",
        edge_cases [
            "Several answers to one piece count once; replies themselves are not below the line.",
            "The last days have had less time to be answered; the value of a closed week can still rise.",
            "No value before the first answer ever: until then nobody knows whether you answer elsewhere.",
        ],
        interval "Wilson 95 %; difference Newcombe",
        fed_by "replied_at of feedback, or feedback of kind reply with parent_id", source "field practice";
    ANSWER_HOURS = "answer_hours_median", "Median time to answer", Hours, DownIsGood,
        shown_in [WeeklyKpis, PlanningGoals],
        means "How long people wait for an answer: half of the answered ones waited less, half longer.",
        formula "median over answered pieces of (first answer minus feedback) in hours",
        of "hours from feedback to its first answer", per "answered feedback",
        edge_cases [
            "Feedback without an answer is left out: its share is said by answered feedback.",
            "An answer that stands before its feedback (stores show the last edit) counts as an answer, without a time.",
        ],
        interval "order statistics 95 %",
        fed_by "replied_at of feedback, or feedback of kind reply with parent_id", source "Conover 1999, quantile interval";
}
