"""What people on the sample board write about, and what is said to it.

`{slot}` in a text stands for one of the words in `app.sample_words.SLOTS`.
"""
# ruff: noqa: RUF001 (the apostrophes are meant: people read this text)

from typing import NamedTuple


class Topic(NamedTuple):
    """One kind of post: its title, text and tags, and what people say to it."""

    title: str
    body: str
    tags: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


class SampleBoard(NamedTuple):
    slug: str
    name: str
    description: str
    topics: tuple[Topic, ...]


ANYWHERE = (
    "Thank you for posting this.",
    "I will pass it on to my neighbours.",
    "Same here on {street}.",
    "Is that still so? I have only just seen it.",
    "Sent you a note under your door.",
    "Good to know, thank you.",
    "My sister asked about exactly this last week.",
    "Could you say where on {street} that is?",
    "+1 from Chapel Hill.",
    "I was there on {day}. Much better than last year.",
)

BOARDS = (
    SampleBoard(
        "for-sale",
        "For sale and wanted",
        "One person’s clutter. Say what it costs.",
        (
            Topic(
                "{thing}, good home wanted",
                "We are moving to a smaller flat and the {thing} has to go.\n\nIt has a few marks "
                "from a life with children, but nothing that shows. {price} or near offer. To be "
                "fetched from {street}; I can help to carry it to a car.",
                ("furniture", "pick-up"),
                (
                    "I would take it. Is {day} evening all right?",
                    "What are the measurements? Our stairs are narrow.",
                    "Would you take {price} for it?",
                    "Sold to us, thank you. It fits as if it were made for the corner.",
                ),
            ),
            Topic(
                "Free: {plant} seedlings",
                "I sowed far too many again. About forty {plant} plants, hardened off and ready "
                "for the ground. On the wall in front of the house, {street}, from {time} on "
                "{day}. Bring a box, and please bring the pots back.",
                ("garden", "free"),
                (
                    "Took six. They look very strong, thank you!",
                    "Any left? I can come after {time}.",
                    "I have leek to swap if you like.",
                ),
            ),
            Topic(
                "Wanted: {wanted}",
                "Does anyone have {wanted} that only gathers dust? I would pay up to {price}, or "
                "trade for home-made {dish}. Can fetch it anywhere in Millbrook.",
                ("wanted",),
                (
                    "I may have one in the loft. Will look on {day}.",
                    "Try the repair café, somebody left one there.",
                    "For the {dish} I would look twice!",
                ),
            ),
            Topic(
                "{thing} for {price}",
                "Bought three years ago, used for one winter. Works as it should, manual "
                "included. {price}, no haggling please, the money goes to the {group}.\n\nRing at "
                "the blue door on {street}.",
                ("bargain",),
                (
                    "Is it still there?",
                    "A fair price. I will come on {day}.",
                    "Nice gesture about the {group}.",
                ),
            ),
            Topic(
                "Box of books, mostly novels",
                "Two boxes, about fifty books, among them {book} in a nice old edition. Take one "
                "or take all. They are in the porch on {street} until {day}, then they go to the "
                "library’s sale.",
                ("books", "free"),
                (
                    "Took {book}, thank you!",
                    "The crime novels are gone, but lots of good ones left.",
                    "The library would be glad of them too.",
                ),
            ),
        ),
    ),
    SampleBoard(
        "lost-and-found",
        "Lost and found",
        "Keys, cats, mittens. Say where and when.",
        (
            Topic(
                "Lost: {lost}",
                "On {day} around {time}, somewhere between {place} and {street}, I lost a {lost}. "
                "It is worth little to anyone else and a great deal to me.\n\nIf you have found "
                "it, please comment here. There is {dish} in it for you.",
                ("lost",),
                (
                    "I walk there every morning and will keep my eyes open.",
                    "Have you asked at the library? They keep a box.",
                    "Something like it hung on the fence near {place} yesterday.",
                    "Found! Ring at number 12, {street}.",
                ),
            ),
            Topic(
                "Found near {place}: {lost}",
                "Lying on the path near {place} on {day}. I have left it with the bakery, ask for "
                "it at the till and say what it looks like.",
                ("found",),
                (
                    "That may be my daughter’s. Thank you so much!",
                    "Kind of you.",
                    "Good place, they are open on {day} too.",
                ),
            ),
            Topic(
                "Cat at our door again",
                "A very talkative grey cat comes to us on {street} every evening and eats as if "
                "nobody fed it. No collar. It looks well, so it surely belongs to somebody. Does "
                "anyone miss it?",
                ("found", "cats"),
                (
                    "That is Biscuit. She has three families and dines with all of them.",
                    "Do not believe a word she says, she has eaten at ours at {time}.",
                    "The vet on {street} can read the chip for nothing.",
                ),
            ),
        ),
    ),
    SampleBoard(
        "whats-on",
        "What’s on",
        "Concerts, sales, walks, and who brings the cake.",
        (
            Topic(
                "The {group} meets on {day}",
                "The {group} meets this {day} at {time} in the room above {place}. Newcomers are "
                "welcome, nobody has to be good at anything.\n\nThere is tea. If you can bring "
                "{dish}, even better.",
                ("clubs",),
                (
                    "I would like to come. Is it all right to bring a child?",
                    "Bringing {dish}.",
                    "Last time was lovely, see you there.",
                    "Is there a step at the door? I come with a wheelchair.",
                ),
            ),
            Topic(
                "Street party on {street}",
                "On {day} we close {street} to cars from {time}. Tables and chairs come from the "
                "hall; bring something to eat and an instrument if you have one.\n\nWe still need "
                "four people for setting up and two who own a gazebo.",
                ("party", "volunteers"),
                (
                    "We have a gazebo, three by three metres.",
                    "Count me in for setting up.",
                    "May people from {street} come too?",
                    "What happens if it rains?",
                ),
            ),
            Topic(
                "Book club: {book}",
                "Next time we talk about {book}. {day}, {time}, at the library. You need not have "
                "finished it, most of us never do. The library has four copies set aside.",
                ("books", "clubs"),
                (
                    "I gave up in the middle, so I am looking forward to it.",
                    "All four copies are out, can somebody lend me theirs?",
                    "I loved it. See you on {day}.",
                ),
            ),
            Topic(
                "Plant swap at {place}",
                "Bring what you have too much of, take what you lack: {plant}, cuttings, seeds, "
                "pots. {day} from {time} at {place}. Whatever is left goes to the school garden.",
                ("garden", "free"),
                (
                    "I have two trays of {plant} to bring.",
                    "Is somebody bringing rhubarb?",
                    "Wonderful idea. The school says thank you.",
                ),
            ),
        ),
    ),
    SampleBoard(
        "help",
        "Help offered and wanted",
        "An hour of yours for an hour of somebody’s.",
        (
            Topic(
                "I can offer: {skill}",
                "Since the summer I work four days a week and have time for {skill}. Not for "
                "money, but I would be glad of help with the garden on {street} in return.",
                ("offer", "exchange"),
                (
                    "Exactly what I need. I can dig.",
                    "Would {day} suit you?",
                    "Highly recommended, you helped my father last year.",
                ),
            ),
            Topic(
                "Can anyone help with {skill}?",
                "I am looking for somebody who knows about {skill}. An hour or two, on a {day} if "
                "possible. I cook well and can pay in {dish}.",
                ("wanted",),
                (
                    "I have done it for years, glad to help.",
                    "Ask at the repair café, every second {day}.",
                    "What would it be for?",
                ),
            ),
            Topic(
                "Lift to the hospital on {day}?",
                "My appointment is at {time} and the first bus is too late. Is anyone driving "
                "that way from {street} and has a seat free? I pay my share of the petrol.",
                ("lift",),
                (
                    "I drive past there at that time. Be at {place} twenty minutes before.",
                    "The volunteer drivers do that too, ask at the library.",
                    "All the best for you!",
                ),
            ),
            Topic(
                "Dog walker wanted",
                "I have hurt my knee, and Otto needs his round along the towpath. He is old, slow "
                "and friendly. Mornings before {time} would be best, for two or three weeks.",
                ("dogs", "wanted"),
                (
                    "Otto may walk with us, we go every morning.",
                    "Get well soon.",
                    "My son would love to, he is fourteen and reliable.",
                ),
            ),
        ),
    ),
    SampleBoard(
        "talk",
        "Across the fence",
        "Everything else worth saying.",
        (
            Topic(
                "Saw a {bird} at {place}",
                "This morning a little before {time}: a {bird}, quite close, and not at all shy. "
                "In nine years here I have never seen one. Has anybody else?",
                ("nature", "birds"),
                (
                    "Yes! Two of them, a week ago.",
                    "Did you get a picture?",
                    "The water is cleaner since they took the old pipe out.",
                    "Jealous. I get pigeons.",
                ),
            ),
            Topic(
                "What do you do with too many courgettes?",
                "Second week of August and I cannot look at another one. We have had soup, cake "
                "and {dish}. The neighbours pretend not to be in. Ideas?",
                ("cooking", "garden"),
                (
                    "Leave one on every doorstep at night and run.",
                    "Grate and freeze. In January you will be thankful.",
                    "Plant one next year instead of six.",
                    "I will swap you for {plant}.",
                ),
            ),
            Topic(
                "Who remembers the mill when it still ran?",
                "For the school’s project we collect stories of the mill: who worked there, what "
                "it sounded like, what was woven. My grandmother said one could hear the looms as "
                "far as {street}.\n\nThe children would come and visit you with a recorder. What "
                "has been found so far is at https://example.org/mill",
                ("history", "school"),
                (
                    "My aunt worked at a loom there for eleven years and talks about it gladly.",
                    "There is a box of photographs in the library’s cellar.",
                    "You felt it in the floor more than you heard it.",
                ),
            ),
            Topic(
                "Bins, once more",
                "They have not come to {street} again, and it is {day}. Is it just us? I have "
                "rung twice and was told that they had been.",
                ("bins",),
                (
                    "Same on {street}.",
                    "They came here at {time}, very quietly.",
                    "It is the parked cars. They cannot get round the corner.",
                ),
            ),
            Topic(
                "A recipe for {dish}",
                "Several people asked after the party, so here it is. The secret is patience: "
                "start the evening before, and leave it alone.\n\nThe whole recipe is too long "
                "for a notice board. Ask me for a copy at {place} on {day}.",
                ("cooking",),
                (
                    "Made it yesterday. Gone within the hour.",
                    "Can it be done without eggs?",
                    "You have made my week.",
                ),
            ),
        ),
    ),
    SampleBoard(
        "notices",
        "Town notices",
        "Roadworks, meetings, opening hours.",
        (
            Topic(
                "Works on the {works}, {street}",
                "From {day} the {works} will be repaired. {street} stays open for people on foot; "
                "cars go round by Station Road. The work should take two weeks, weather "
                "permitting.",
                ("roadworks",),
                (
                    "Will the bus stop move?",
                    "About time!",
                    "Two weeks, they say.",
                    "The detour is well signed, I had no trouble.",
                ),
            ),
            Topic(
                "Library hours",
                "The library opens on {day} from now on, until {time}. It closes on the other "
                "afternoon instead. Books can be handed back at any hour through the flap.",
                ("library",),
                ("Thank you, that helps people who work.", "Is the reading room open as well?"),
            ),
            Topic(
                "Public meeting about {place}",
                "What should become of {place}? Plans are on show at the town hall, and everyone "
                "may speak at the meeting on {day}, {time}. Written remarks count as much; leave "
                "them in the box at the entrance.",
                ("meeting", "planning"),
                (
                    "More benches, please.",
                    "And a tap for drinking water.",
                    "Will there be minutes for those who cannot come?",
                    "Leave it as it is, I say.",
                ),
            ),
        ),
    ),
)
