"""The values of measures, topic by topic."""

PerTopic = dict[str, dict[str, float]]
"""{measure name: {qid: value}}; measures of a whole run (gm_map, num_q) have no topic's value."""

ALL = "all"
"""What trec_eval calls the mean over all judged topics."""
