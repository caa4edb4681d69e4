"""Labelled articles about invented events.

An event has 1 to 40 outlets, each of which words it in its own way and takes what it wants from the facts; some report
again days later what came of it. A third of the events have a person, company or place of an earlier one.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple


class Kind(NamedTuple):
    """A kind of event: ways to word its title, sentences about it, and what came of it, with facts in braces."""

    titles: str
    sentences: str
    later: str


# Alternatives are separated by |; [a/b/c] is one of several words.
KINDS = (
    Kind(
        "[Earthquake/Quake] of magnitude {magnitude} [hits/shakes/strikes] {place}|{number} [dead/killed] as [quake/tremor] rocks {place}"
        "|{place} [earthquake/quake]: rescuers search for survivors|Strong earthquake [damages/destroys] homes in {place}",
        "A magnitude {magnitude} earthquake [struck/hit/rocked] near {place}, killing at least {number} people."
        "|Rescue teams [searched/combed through] collapsed buildings in {place} [overnight/on {weekday}]."
        "|The tremor was felt as far as {other_place}, the geological survey said.|Hundreds slept outdoors in {place} after the quake."
        "|{person}, the regional governor, declared a state of emergency.",
        "{place} counts the cost after earthquake|Aftershock of earlier quake frightens {place}|Rebuilding after the {place} earthquake could take years",
    ),
    Kind(
        "{company} [to buy/buys/acquires] {other_company} for {amount} billion|{company} in {amount} billion [takeover/deal] for {other_company}"
        "|{other_company} agrees to [sale/takeover] by {company}|{company} and {other_company} to merge",
        "{company} said on {weekday} it had agreed to [buy/acquire] {other_company} for {amount} billion dollars."
        "|The [deal/takeover/acquisition] needs the approval of regulators and of {other_company} shareholders."
        "|Shares of {other_company} [jumped/rose/surged] {percent} percent after the announcement."
        "|{person}, chief executive of {company}, called it a natural fit.|Analysts questioned the price that {company} pays.",
        "Regulators look into {company} bid for {other_company}|{other_company} shareholders approve {company} takeover|{company} closes {other_company} purchase",
    ),
    Kind(
        "{person} [found guilty/convicted] of [fraud/embezzlement]|[Jury/Court] convicts {person} of fraud|{person} guilty in {place} fraud trial"
        "|[Ex-minister/Former minister] {person} [sentenced/jailed] for fraud",
        "A court in {place} [found {person} guilty/convicted {person}] of fraud on {weekday} after a trial of {number} days."
        "|Prosecutors said {person} [took/embezzled] {amount} million from a pension fund."
        "|Lawyers for {person} said they would appeal the verdict.|The former minister showed no emotion as the verdict was read."
        "|{person} faces up to {percent} years in prison.",
        "{person} appeals fraud conviction|{person} begins prison sentence|Pension fund sues {person} after verdict",
    ),
    Kind(
        "{person} [joins/signs for/moves to] {club}|{club} [sign/land] {person} for {amount} million|{club} confirm signing of {person}"
        "|Transfer: {person} leaves {other_club} for {club}",
        "{club} have signed striker {person} from {other_club} for {amount} million.|{person}, who scored {number} goals last season, passed a medical on {weekday}."
        "|The forward signed a contract until the summer in [four/five] years.|{other_club} wished {person} well."
        "|{person} said he had dreamed of playing for {club}.",
        "{person} scores on debut for {club}|{club} present {person} to fans|Injury keeps new {club} striker {person} out",
    ),
    Kind(
        "[Fire/Blaze] at {place} [warehouse/factory] kills {number}|{number} [die/dead] in {place} factory fire|Deadly [fire/blaze] [guts/destroys] {company} plant in {place}"
        "|Workers trapped as fire sweeps {place} factory",
        "A fire at a {company} factory in {place} killed {number} workers on {weekday}.|Firefighters needed {percent} hours to [control/put out] the blaze."
        "|Survivors said emergency exits were locked.|Police [questioned/detained] the plant manager, {person}.|Smoke was seen from {other_place}.",
        "Funerals for victims of {place} factory fire|Inspectors had warned of {company} plant before fire|{place} fire: {person} charged",
    ),
    Kind(
        "{company} recalls {number} thousand [cars/vehicles] over [brakes/airbags]|{company} [recall/recalls]: faulty brakes in {model}"
        "|Brake fault forces {company} to recall {model}|Drivers of {model} told to [stop driving/visit dealers]",
        "{company} is recalling {number},000 of its {model} cars because brakes may fail.|The [carmaker/manufacturer] knows of {percent} accidents linked to the defect."
        "|Owners of the {model} will be told by letter, a spokesman said on {weekday}.|Regulators in {place} had opened an inquiry into the {model}."
        "|{person}, head of quality at {company}, apologized.",
        "{company} widens {model} recall|Owners sue {company} over {model} brakes|{company} profit falls after {model} recall",
    ),
    Kind(
        "{company} [data breach/hack] exposes {number} million customers|Hackers steal data of {number} million {company} customers"
        "|{company} [admits/discloses] data breach|Personal data of {company} users [stolen/leaked]",
        "Hackers stole names and passwords of {number} million {company} customers, the firm [said/admitted] on {weekday}."
        "|The intrusion was discovered by a researcher, {person}.|{company} advised its users to change their passwords."
        "|The stolen records were offered for sale on a forum.|The privacy watchdog in {place} opened an investigation.",
        "{company} fined over data breach|Stolen {company} passwords used in new attacks|{company} security chief quits after breach",
    ),
    Kind(
        "{person} [wins/elected] mayor of {place}|{place} elects {person} as mayor|{person} [beats/defeats] {other_person} in {place} [mayoral race/vote]"
        "|Surprise in {place}: {person} takes city hall",
        "{person} won the mayoral election in {place} with {percent} percent of the vote.|{other_person} conceded defeat late on {weekday}."
        "|Turnout was the highest in decades, officials said.|{person} promised cheaper housing and more buses."
        "|The race between {person} and {other_person} had been close for weeks.",
        "{person} sworn in as mayor of {place}|{other_person} demands recount in {place}|New {place} mayor {person} names team",
    ),
    Kind(
        "[Flood/Floods] [inundate/submerge] {place}|Thousands flee [flooding/floods] in {place}|{river} bursts its banks, [floods/flooding] {place}"
        "|{number} missing after {place} floods",
        "The {river} burst its banks near {place} after days of rain, forcing thousands from their homes.|At least {number} people are missing."
        "|Soldiers brought sandbags and boats to {place}.|Water rose to {percent} feet in the old town, mayor {person} said."
        "|Trains between {place} and {other_place} were canceled.",
        "Water recedes in {place} after {river} flood|{river} flood: {place} residents return to mud|Insurers put {place} flood damage at {amount} billion",
    ),
    Kind(
        "{probe} [lands on/reaches] {moon}|[Spacecraft/Probe] {probe} makes historic [landing/touchdown] on {moon}|{probe} sends first [pictures/images] from {moon}"
        "|Scientists cheer as {probe} touches down",
        "The spacecraft {probe} landed on {moon} on {weekday} after a journey of {percent} months.|Engineers in {place} cheered when the signal arrived."
        "|Its camera sent {number} pictures of a plain of ice.|Mission director {person} called it a triumph."
        "|{probe} will drill for signs of organic molecules.",
        "{probe} drills into {moon}|{probe} falls silent on {moon}|Data of {probe} hint at ocean below {moon}",
    ),
    Kind(
        "[Train/Express] [derails/jumps tracks] near {place}|{number} [hurt/injured] in {place} train [crash/derailment]|{place} rail [accident/crash]: {number} injured"
        "|Passengers trapped after train derails at {place}",
        "A train from {place} to {other_place} derailed on {weekday}, injuring {number} passengers.|Two carriages fell down an embankment."
        "|The driver, {person}, had reported problems with a signal.|The line stays closed for {percent} days, the railway said."
        "|Helicopters took the injured to hospitals.",
        "Faulty signal blamed for {place} derailment|Line reopens at {place} after train crash|Driver in {place} rail crash cleared",
    ),
    Kind(
        "[Strike/Walkout] at {company} [enters/goes into] second week|{company} workers [walk out/strike] over pay|{number} thousand {company} staff on strike"
        "|Union calls strike at {company} plants",
        "About {number},000 workers of {company} walked out on {weekday} in a dispute over pay.|The union wants a raise of {percent} percent."
        "|{company} called the demands unrealistic.|Union leader {person} said the strike would last as long as needed."
        "|Production at the plant in {place} has stopped.",
        "{company} and union reach deal, ending strike|{company} strike costs {amount} million|{company} staff vote on pay offer",
    ),
)
_FIRST = "Ana Bram Chidi Dara Elif Femi Goran Hana Ines Jonas Kofi Leila Marek Nadia Oskar Priya Rafael Sanna Tomas Ulla Viktor Wanda Yusuf Zoe"
_STARTS = "Al Bar Cor Dun El Far Gal Hel Is Jor Kal Lin Mar Nor Os Pel Quin Ros Sal Tor Ul Ver Wil Yar Zan Brem Chal Drav Fenn Gren Krim Stav Trel Vos"
_MIDDLES = "a e i o u ani eri ola umi ade ist ord ven mar lin tos ber gal"
_PLACE_ENDS = "ville burg stad ham ton grad ia ona mouth field bury sk"
_COMPANY_ENDS = "tec on ix ara dyne corp soft gen via nova"
_PERSON_ENDS = "son sen ski ez ov ides ani mann ström uchi oğlu"
_CLUBS = "Rovers|Athletic|Wanderers|City|Rangers|Dynamo|Olympic|Sporting"
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_STYLES = ("{}",) * 12 + (
    "Breaking: {}",
    "{} - live updates",
    "{}: what we know",
    "{}, officials say",
    "Video: {}",
    "{} | News",
)
_START = datetime(2024, 1, 1, tzinfo=UTC)


def _facts(rng: random.Random) -> dict[str, str]:
    def one(words: str) -> str:
        return rng.choice(words.split())

    def name(ends: str) -> str:
        return one(_STARTS) + one(_MIDDLES) + one(ends)

    place, other = name(_PLACE_ENDS), name(_PLACE_ENDS)
    return {
        "place": place,
        "other_place": other,
        "company": name(_COMPANY_ENDS),
        "other_company": name(_COMPANY_ENDS),
        "person": f"{one(_FIRST)} {name(_PERSON_ENDS)}",
        "other_person": f"{one(_FIRST)} {name(_PERSON_ENDS)}",
        "club": f"{place} {rng.choice(_CLUBS.split('|'))}",
        "other_club": f"{other} {rng.choice(_CLUBS.split('|'))}",
        "river": f"{one(_STARTS)}{one(_MIDDLES)} river",
        "probe": f"{name(_COMPANY_ENDS)} {rng.randint(1, 9)}",
        "moon": one("Europa Titan Enceladus Ganymede Callisto Triton Phobos"),
        "model": f"{name(_COMPANY_ENDS)} {rng.randint(2, 90)}",
        "magnitude": f"{rng.uniform(4.5, 8):.1f}",
        "number": str(rng.randint(3, 120)),
        "amount": f"{rng.uniform(1, 90):.1f}",
        "percent": str(rng.randint(3, 60)),
        "weekday": one(_WEEKDAYS),
    }


def _worded(rng: random.Random, text: str, facts: dict[str, str]) -> str:
    chosen = re.sub(r"\[([^\]]+)\]", lambda found: rng.choice(found[1].split("/")), text)
    worded = re.sub(r"\{(\w+)\}", lambda found: facts[found[1]], chosen)
    return worded[0].upper() + worded[1:]


def labelled_articles(events: int, rng: random.Random) -> list[dict[str, Any]]:
    """Return articles about ``events`` events within a quarter of a year; the same for the same generator."""
    articles: list[dict[str, Any]] = []
    known: list[dict[str, str]] = []
    for event in range(events):
        kind, facts = rng.choice(KINDS), _facts(rng)
        if known and rng.random() < 1 / 3:
            earlier = rng.choice(known)
            for name in rng.choice((("person",), ("company",), ("place",), ("person", "place"))):
                facts[name] = earlier[name]
        known.append(facts)
        began = _START + timedelta(days=rng.uniform(0, 90))
        outlets = rng.sample(range(200), min(40, 1 + int(rng.expovariate(1 / 5))))
        for outlet in outlets:
            is_later = len(outlets) > 3 and rng.random() < 0.15
            title = _worded(rng, rng.choice((kind.later if is_later else kind.titles).split("|")), facts)
            sentences = rng.sample(kind.sentences.split("|"), rng.choice((1, 2, 2, 3)))
            delay = rng.uniform(2, 10) if is_later else rng.expovariate(2)
            articles.append(
                {
                    "id": f"{event}-{outlet}",
                    "title": rng.choice(_STYLES).format(title),
                    "excerpt": " ".join(_worded(rng, sentence, facts) for sentence in sentences),
                    "date": (began + timedelta(days=delay)).isoformat(timespec="seconds"),
                    "source": f"outlet{outlet}.example",
                    "url": f"https://outlet{outlet}.example/{event}",
                    "label": f"event {event}",
                }
            )
    return articles
