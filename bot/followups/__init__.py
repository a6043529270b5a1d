"""Follow-ups: questions that lean on an earlier one.

    words.toml, words   small words by what they do, in ten languages
    verbs               which words are verbs, by their place and ending
    parts               a question's words and the phrases that name something
    frames              what was asked, asked of something else, or for a time, a place, a reason
    followup            what a question lacks, and when it is searched with it

`bot.answers` asks whether a question is one, and searches it with or without what it lacks.
"""

from bot.followups.followup import REMEMBERED, FollowUp, Rule, understand_follow_up

__all__ = ["REMEMBERED", "FollowUp", "Rule", "understand_follow_up"]
