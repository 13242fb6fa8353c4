"""Every name the report has for an id: marked constants, so that no message key is ever built at run time.

An id without a label is shown as itself with underscores as spaces: a new signal must not break a report.
"""

from collections.abc import Mapping

from zhenbo.report.i18n import N_, Lang, tr
from zhenbo.report.mask import clean

OUTCOMES = {
    "likely": N_("likely fabricated"),
    "suspect": N_("suspect"),
    "insufficient": N_("insufficient evidence"),
    "unlikely": N_("no sign of fabrication"),
}
SHAPES = {"likely": "■", "suspect": "▲", "insufficient": "◌", "unlikely": "●"}
"""A shape beside every colour: under red-green blindness two of the colours are one."""

MEANINGS = {
    "likely": N_("Probably at least 5%% of a shown figure is fabricated, whoever paid for it. This says nothing yet about who did."),
    "suspect": N_("Something does not fit an ordinary room, and the record is too thin to decide. The records named below would decide it."),
    "insufficient": N_("The record does not show enough to say either way. This is an answer, not a clean bill of health."),
    "unlikely": N_("Nothing in this record points to fabrication. It speaks for what the record shows and for no more."),
}  # fmt: skip

QUESTIONS = {
    "audience": N_("Is the audience real?"),
    "engagement": N_("Is the engagement real?"),
    "sales": N_("Are the sales real?"),
}
QUESTION_NOUNS = {"audience": N_("audience"), "engagement": N_("engagement"), "sales": N_("sales")}

HEADLINES = {
    ("likely", "audience"): N_("The audience figures of this room are likely fabricated to a material degree."),
    ("likely", "engagement"): N_("The engagement figures of this room are likely fabricated to a material degree."),
    ("likely", "sales"): N_("The sales figures are likely fabricated to a material degree."),
    ("suspect", "audience"): N_("Something about the audience does not fit an ordinary room; the record is too thin to decide."),
    ("suspect", "engagement"): N_("Something about the engagement does not fit an ordinary room; the record is too thin to decide."),
    ("suspect", "sales"): N_("Something about the sales does not fit ordinary trade; the record is too thin to decide."),
    ("insufficient", "audience"): N_("The record does not show enough of the audience to say either way."),
    ("insufficient", "engagement"): N_("The record does not show enough of the engagement to say either way."),
    ("insufficient", "sales"): N_("The record does not show enough of the sales to say either way."),
    ("unlikely", "audience"): N_("Nothing in this record points to a bought audience."),
    ("unlikely", "engagement"): N_("Nothing in this record points to bought engagement."),
    ("unlikely", "sales"): N_("Nothing in this record points to fabricated sales."),
}  # fmt: skip

TIERS = {
    "T0": N_("counters and texts, without identities"),
    "T1": N_("account events inside one session"),
    "T2": N_("accounts, devices or orders that can be followed further"),
}

METRICS = {
    "viewers": N_("viewers"),
    "likes": N_("likes"),
    "comments": N_("comments"),
    "follows": N_("new followers"),
    "shares": N_("shares"),
    "orders": N_("orders"),
}

CURVES = {
    "viewers": N_("viewers in the room"),
    "enter_rate": N_("entries"),
    "like_rate": N_("likes"),
    "comment_rate": N_("comments"),
    "order_rate": N_("orders"),
    "refund_rate": N_("refunds"),
}
UNITS = {
    "heads": N_("heads"),
    "per_minute": N_("per minute"),
    "per_hour": N_("per hour"),
    "per_day": N_("per day"),
}

FAMILIES = {
    "counters": N_("counters"),
    "timing": N_("timing"),
    "text": N_("texts"),
    "identity": N_("identities"),
    "groups": N_("groups"),
    "orders": N_("orders"),
    "money": N_("money"),
}

STRENGTHS = (N_("says little"), N_("slight"), N_("moderate"), N_("strong"), N_("very strong"))
"""Of 0 to 4 squares; the steps are 1.1, 3, 10 and 30 times likelier (0.5, 5, 10 and 15 dB)."""

TESTED = {
    "ruled_out": N_("ruled out"),
    "open": N_("left open"),
    "explains": N_("explains it"),
}
TESTED_SHAPES = {"ruled_out": "✓", "open": "?", "explains": "="}

BRIDGE = {
    "cancelled": N_("cancelled"),
    "unpaid_open": N_("not paid"),
    "discount": N_("discounts"),
    "refunded": N_("refunded"),
    "brushed": N_("brushed (estimate)"),
    "verified": N_("verified"),
}
RETURN_CAUSES = {
    "brushing": N_("orders more likely brushed than not"),
    "logistics": N_("delivery: a region that stands out, or a reason that speaks of it"),
    "buyer_abuse": N_("buyers who keep the goods and are refunded again and again"),
    "quality": N_("a reason that speaks of the goods"),
    "impulse": N_("a change of mind, or undone within a day before dispatch"),
    "untold": N_("no reason told"),
}
RETURN_AGES = {
    "first_hour": N_("within an hour of payment"),
    "first_day": N_("later within a day"),
    "to_day_3": N_("on days 2 and 3"),
    "day_3_to_10": N_("on days 4 to 10"),
    "later": N_("later"),
    "untimed": N_("at a time not told"),
}

CAUSES = {
    "ad": N_("paid traffic that was disclosed"),
    "advertising": N_("paid traffic that was disclosed"),
    "paid_traffic": N_("paid traffic that was disclosed"),
    "lottery": N_("a lottery (lucky bag)"),
    "red_packet": N_("a red packet"),
    "prompted_chant": N_("a chant the host asked for"),
    "chant": N_("a chant the host asked for"),
    "tap_hearts": N_("the host asking for hearts"),
    "prompted_likes": N_("the host asking for hearts"),
    "raid": N_("viewers sent over from another room"),
    "costream": N_("a co-stream"),
    "feature": N_("a feature slot of the platform"),
    "celebrity": N_("a visit of a celebrity"),
    "outage": N_("an outage or a reconnect storm"),
    "reconnect": N_("an outage or a reconnect storm"),
    "collector_fault": N_("a fault of the recording"),
    "capture_gap": N_("a gap in the recording"),
    "coverage": N_("a record that delivers only part of what happened"),
    "sampling": N_("a record that delivers only part of what happened"),
    "rounded_counter": N_("a counter that is shown rounded"),
    "shared_network": N_("people behind one network (dormitory, office, mobile gateway)"),
    "dorm_nat": N_("people behind one network (dormitory, office, mobile gateway)"),
    "family": N_("a family sharing a device or an address"),
    "household": N_("a family sharing a device or an address"),
    "handed_on": N_("a device lent to one reader after another"),
    "placeholder": N_("a placeholder that stands for many devices"),
    "recital": N_("people who repeat a line (a prayer, a roll call)"),
    "office": N_("an office buying together"),
    "bulk_buying": N_("an office buying together"),
    "group_buying": N_("a group purchase"),
    "pickup_point": N_("a parcel station used by many"),
    "lockdown": N_("a region where deliveries stopped"),
    "regional": N_("a region where deliveries stopped"),
    "apparel_returns": N_("the usual returns of clothing"),
    "size_returns": N_("the usual returns of clothing"),
    "category_returns": N_("the usual returns of these goods"),
    "flash_sale": N_("a flash sale"),
    "presale": N_("a presale"),
    "repeat_buyers": N_("loyal buyers"),
    "template_reply": N_("the platform's own ready-made messages"),
    "platform_template": N_("the platform's own ready-made messages"),
    "greeting": N_("common greetings"),
    "common_question": N_("a question that everybody asks"),
    "assistant": N_("the host's own assistant at the keyboard"),
    "new_platform": N_("a platform that is growing fast"),
    "registration_wave": N_("a wave of new accounts on the whole platform"),
    "watching_task": N_("a reward for watching so many minutes"),
    "ad_frequency": N_("an advertisement shown to the same people again and again"),
    "follow_reward": N_("a reward for following (a draw, a coupon, a friend's request)"),
    "like_reward": N_("a reward for tapping (a contest, coins, a friend's request)"),
    "gathering": N_("people who gather and take part (a class, a club, an outing)"),
    "fan_club": N_("the host's fan club"),
    "exodus": N_("something that moved all the host's followers (a scandal, a sweep by the platform)"),
    "staff": N_("a staff that posts what the script says"),
    "app_prompt": N_("something the app itself does or offers"),
    "common_end": N_("something that ended for all of them"),
    "lost_feed": N_("a recording that lost rows"),
    "throttled_feed": N_("a feed that was already at its limit"),
    "late_counter": N_("a counter that runs late"),
    "other_sampling": N_("a feed that changed how much it delivers"),
    "counted_elsewhere": N_("views counted outside the room (share pages, replays)"),
    "contest": N_("a contest"),
    "passers": N_("people carried past who say one word and go"),
    "countdown": N_("a countdown"),
    "newcomers": N_("newcomers, of whom a live room has many"),
    "clock_skew": N_("clocks that disagree"),
    "product_recall": N_("a recalled or faulty product"),
    "rebought": N_("buyers who took their money back and bought the same again"),
    "unpaid": N_("orders that were simply not paid"),
    "ordered_for_others": N_("somebody who orders for others (a village shop, a scalper)"),
    "copied_for_coins": N_("praise copied to earn coins"),
    "review_reward": N_("a shop that pays its real buyers for praise"),
    "standard_parcel": N_("goods that weigh the same in the same box"),
    "straight_link": N_("an advertisement or link that leads straight to the goods"),
    "staff_purchase": N_("staff who buy for themselves"),
    "malicious_returns": N_("buyers who claim for a living"),
    "late_news": N_("news that moved all buyers at once (a scandal, a recall, a lower price)"),
    "small_room": N_("a small room, where chance weighs more"),
}

WINDOWS = {
    "lottery": N_("lottery"),
    "raid": N_("raid"),
    "ad": N_("paid traffic"),
    "feature": N_("feature slot"),
    "outage": N_("outage"),
    "celebrity": N_("celebrity"),
}

KINDS = {
    "enter": N_("enters"),
    "leave": N_("leaves"),
    "comment": N_("writes"),
    "like": N_("taps likes"),
    "follow": N_("follows"),
    "unfollow": N_("unfollows"),
    "share": N_("shares the room"),
    "gift": N_("gives a gift"),
    "product_click": N_("opens a product"),
    "cart_add": N_("puts into the cart"),
    "product_pin": N_("product on screen"),
    "lottery": N_("lottery"),
    "viewers": N_("viewer counter"),
    "entered_total": N_("entry counter"),
    "like_total": N_("like counter"),
    "follow_total": N_("follower counter"),
    "order_create": N_("places an order"),
    "order_pay": N_("pays"),
    "order_ship": N_("shipped"),
    "order_deliver": N_("delivered"),
    "order_complete": N_("completed"),
    "order_cancel": N_("cancels"),
    "refund_request": N_("asks for a refund"),
    "refund_done": N_("refunded"),
    "review": N_("reviews"),
}

DELIVERED = {
    "enter": N_("entries"),
    "like": N_("likes"),
    "comment": N_("comments"),
    "follow": N_("new followers"),
    "share": N_("shares"),
    "gift": N_("gifts"),
    "order_create": N_("orders"),
}

RECORDS = {
    "account_ids": N_("Account ids of those who enter, comment, like and follow; pseudonyms are enough, if the same account always has the same one."),
    "entries": N_("Every single entry into the room, with its time; not a sample."),
    "leaves": N_("The time at which each viewer left."),
    "comments": N_("Every comment with its time, also those that were not displayed."),
    "entered_counter": N_("The displayed counter of people who entered, minute by minute."),
    "viewer_counter": N_("The displayed counter of people in the room, minute by minute."),
    "like_counter": N_("The displayed like counter, minute by minute."),
    "registration": N_("Registration dates of the accounts."),
    "devices": N_("Devices or networks of the accounts, as keyed hashes."),
    "orders": N_("The order export of the shop, with creation, payment and final state."),
    "order_accounts": N_("Which account placed each order, as the same pseudonym as in the room."),
    "addresses": N_("Delivery addresses, as keyed hashes, with region."),
    "payers": N_("Which account paid each order, and to which a refund went, as keyed hashes."),
    "refund_times": N_("The times at which refunds were asked for and made."),
    "logistics": N_("Parcel numbers, weights and delivery scans."),
    "longer_record": N_("A longer record: this one is too short for the pattern to show."),
    "back_office": N_("The platform's back-office figures of this broadcast (罗盘, Live Analytics, Studio), exported at the source."),
    "other_rooms": N_("Broadcasts of other evenings and rooms of the agency, read together with this one, under the same pseudonyms."),
}  # fmt: skip


def name(labels: Mapping[str, str], ident: str, lang: Lang) -> str:
    """The label of an id in `lang`; the id itself with spaces for underscores where it has none."""
    label = labels.get(ident)
    return clean(ident.replace("_", " ")) if label is None else tr(lang, label)


def ask(record_id: str, lang: Lang) -> str:
    """The sentence by which a record is asked for (`ask_for`); an unknown id speaks for itself."""
    return name(RECORDS, record_id, lang)


def strength(weight_db: float) -> int:
    """Squares, 0 to 4, of a weight in dB; both directions alike."""
    return sum(abs(weight_db) >= step for step in (0.5, 5, 10, 15))


PURCHASERS = {
    "host": N_("the host or the agency"),
    "merchant": N_("the merchant"),
    "rival": N_("a rival's attack"),
}
FACTS = {
    "flattering": N_("fabricated figures that flatter the room"),
    "cursing": N_("comments of those named that curse the goods"),
    "ill_reviews": N_("reviews by those buyers that curse the goods"),
    "sent_back": N_("named orders sent back after shipping"),
    "late_back": N_("named orders that stood for ten days and then went back"),
    "no_room": N_("orders of the shop's own month, in no host's room"),
    "stock_locked": N_("named orders never paid, for one product"),
    "never_paid": N_("named orders never paid"),
    "money_back_unshipped": N_("named orders refunded before anything was shipped"),
    "kept": N_("named orders paid, shipped and kept"),
    "alike_parcels": N_("parcels of one weight"),
    "praised": N_("named orders with scripted praise"),
    "hollow_parcels": N_("parcels that carry nothing"),
    "own_people": N_("orders of the host's own people"),
    "fee_returned": N_("orders paid out of the fee"),
    "one_merchant": N_("named orders for goods of one of the room's merchants"),
    "many_merchants": N_("named orders outside the goods of the commonest merchant"),
    "crew_over_merchants": N_(
        "buyers of named orders who bought so for other merchants in this host's other rooms"
    ),
    "crew_over_hosts": N_("buyers of named orders who bought so for the same merchant at other hosts"),
    "promised": N_("named orders that count for promised sales"),
    "promise_kept": N_("a promise of sales that only the named orders keep"),
    "hosts_accounts": N_("named orders from accounts of the host, the agency or their staff"),
    "merchants_accounts": N_("named orders from accounts of the merchant or its staff"),
    "at_the_end": N_("named orders in the last third of the session"),
    "declared_window": N_("suspicious intervals inside declared traffic"),
}
"""Facts that bear on who bought (packs/attribution)."""
