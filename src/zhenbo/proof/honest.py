"""Honest evenings told in the story language: every signal stays silent on all of them.

Each is one of the honest bursts that look most like fraud to somebody: a prompted chant, a raid, a shop with 65 %
returns, an office that buys for everybody. Told without sight of any signal.
"""

HONEST = {
    "a quiet room": """
        20:00-22:00 b1..b40 enter scattered
        20:00-22:00 b1..b40 say "{这个|那个|它|衣服|杯子}{多大|多少钱|有货吗|好看|不错}{呀|呢|啊|哈}{n}" x3 scattered
        20:00-22:00 viewers 12 every 60s; 20:00-22:00 entered_total 0..40 every 60s
        21:10-21:50 b3 like 9 x5 scattered; 21:40 b7 orders o1 59.00; d+2 10:00 o1 delivered
    """,
    "a lottery with a prompted chant": """
        20:00-22:00 b1..b300 enter scattered
        20:00-22:00 b1..b300 say "{早|晚|真|好|又|再}{雨|雪|风|云|月}{东|南|西|北|上}{来|去|走}了 {n}" x5 scattered
        21:00 lottery
        21:00-21:04 b1..b300 say "扣1上车" x3 scattered; 21:00-21:04 c1..c400 say "扣1上车" x2 scattered
        20:00-21:00 entered_total 0..200 every 60s; 21:01-21:05 entered_total 260..600 every 60s
        21:06-22:00 entered_total 602..720 every 60s
    """,
    "tap hearts when asked": """
        20:00-22:00 b1..b400 enter scattered
        20:40-20:45 b1..b200 like 12 x30 scattered; 21:30-21:35 b150..b400 like 9 x25 scattered
        20:00-22:00 b1..b400 say "{喜欢|爱了|好听|厉害}{哈|呀|啊|哦|嗯}{n}" x2 scattered
        20:00-20:40 like_total 0..4000 every 60s; 20:41-20:45 like_total 18400..76000 every 60s
        20:46-21:29 like_total 76100..81000 every 60s; 21:30-21:35 like_total 90000..137000 every 60s
        21:36-22:00 like_total 137050..139000 every 60s
        20:00-22:00 entered_total 0..5000 every 60s
    """,
    "a raid from another room": """
        20:00-21:00 b1..b60 enter scattered
        21:00-21:03 r1..r900 enter scattered
        20:00-20:59 viewers 55..70 every 60s; 21:00-21:03 viewers 300..930 every 60s
        21:04-21:40 viewers 900..260 every 60s; 21:41-22:00 viewers 250..140 every 60s
        20:00-20:59 entered_total 0..420 every 60s; 21:00-21:03 entered_total 700..1390 every 60s
        21:04-22:00 entered_total 1400..1900 every 60s
        21:01-21:20 r1..r900 say "{哈喽|来了|你好|晚上好}{主播|大家|各位}{啊|呀|哦}{n}" scattered
        21:01-21:20 r1..r300 follow scattered; 21:01-21:30 r1..r900 like 4 x2 scattered
    """,
    "apparel with two thirds returned": """
        19:50-22:00 b1..b320 enter scattered
        20:00-22:00 b1..b320 click p{n%9} scattered
        20:00-22:00 b1..b320 order o{n} 199.00 scattered [addr=home{n} pay=card{n} device=phone{n}]
        d+1 09:00-18:00 shipped o{n} x320; d+3 08:00-d+4 21:00 delivered o{n} x320 scattered
        d+4 09:00-d+10 22:00 returned o{n} x205 scattered; d+8 09:00-d+14 22:00 refunded o{n} x205 scattered
    """,
    "an office that buys for everybody": """
        19:50-22:00 b1..b250 enter scattered
        20:00-22:00 b1..b250 order o{n} 59.00 scattered [addr=home{n} pay=card{n} device=phone{n}]
        20:40-20:55 c1 orders f{n} 88.00 x40 scattered [addr=office pay=corporate device=desk]
        d+1 09:00-18:00 shipped o{n} x250; d+1 14:00 shipped f{n} x40
        d+3 09:00-20:00 delivered o{n} x250 scattered; d+3 10:30 delivered f{n} x40
        d+5 09:00-d+9 21:00 refunded o{n} x20 scattered
    """,
    "families and a dormitory": """
        20:00-22:00 b1..b180 enter scattered [device=home{n%60} ip=line{n%60}]
        20:00-22:00 c1..c150 enter scattered [device=phone{n} ip=dormitory]
        20:05-21:50 b1..b180 say "{妈妈|爸爸|姐姐|我}{想要|喜欢|问问|看看}{红|蓝|白|黑}色的{n}" x2 scattered
        20:10-21:50 c1..c150 say "{宿舍|室友|同学}{来了|也要|在看}{呀|哈|哦}{n}" x2 scattered
        20:30-21:30 b1..b60 order o{n} 35.00 scattered [addr=home{n} pay=card{n} device=home{n%60}]
        d+2 09:00-20:00 delivered o{n} x60 scattered
    """,
    "newcomers for a celebrity": """
        20:00-22:00 b1..b200 enter scattered [since=202{1|2|3|4|5}-0{1|2|3|4|5|6|7|8|9}-{11|12|13|14|15|16|17}T{10|11|12|13|14|15|16|17|18|19|20}:00]
        20:55-21:10 n1..n160 enter scattered [since=2026-05-01T{18|19|20}:{10|13|17|21|26|34|41|45|52|58}]
        21:00-21:50 n1..n160 say "{终于|真的|第一次|好开心}{看到|等到|见到}{你|哥哥|姐姐|本人}{了|啦|啊}{n}" x2 scattered
        20:00-20:54 entered_total 0..240 every 60s; 20:55-21:10 entered_total 280..900 every 60s
        21:11-22:00 entered_total 903..1100 every 60s
        21:00-21:40 n1..n120 follow scattered
    """,
}  # fmt: skip
"""Stories by name."""
