"""Word lists of Atlas, an encyclopedia of a country that does not exist."""

FIRST_NAME_PARTS = (
    ("Al", "Be", "Ca", "Da", "El", "Fa", "Ga", "Ho", "Il", "Jo",
     "Ka", "Lu", "Ma", "Ne", "Or", "Pe", "Ra", "Si", "Ta", "Ul"),
    ("r", "l", "n", "v", "s", "d", "m"),
    ("a", "en", "in", "o", "ia", "is", "ek", "or"),
)
LAST_NAME_PARTS = (
    ("Bran", "Cor", "Dun", "Fen", "Gar", "Hal", "Kel", "Lor", "Mar",
     "Nor", "Os", "Pel", "Quil", "Ros", "Sten", "Tor", "Var", "Wen"),
    ("de", "ki", "la", "mo", "ra", "ti", "vi", "wa"),
    ("ck", "l", "n", "r", "s", "st", "th"),
)
TOWN_PARTS = (
    ("Ash", "Black", "Cold", "Deep", "Fair", "Green", "High", "Iron",
     "Long", "Moss", "Oak", "Red", "Salt", "Stone", "West", "Wolf"),
    ("bay", "brook", "dale", "field", "ford", "gate",
     "ham", "mere", "moor", "port", "ton", "wick"),
)
TRADES = (
    "baker", "weaver", "potter", "painter", "sculptor", "printer", "surgeon", "lawyer", "judge",
    "sailor", "miller", "brewer", "carpenter", "mason", "glazier", "tailor", "cobbler", "farmer",
    "shepherd", "hunter", "poet", "composer", "dancer", "singer", "historian", "botanist",
    "chemist", "astronomer", "geographer", "engineer", "clockmaker", "locksmith", "jeweller",
    "goldsmith", "blacksmith", "tanner", "beekeeper", "gardener", "librarian", "teacher",
    "merchant", "banker",
)
GUILD_PARTS = (
    ("Amber", "Bronze", "Copper", "Crimson", "Emerald",
     "Golden", "Ivory", "Marble", "Scarlet", "Silver"),
    (" Guild", " Society", " Company", " League"),
)
WORK_PARTS = (
    ("The Broken", "The Burning", "The Distant", "The Drowned", "The Empty", "The Endless",
     "The Falling", "The Forgotten", "The Frozen", "The Gentle", "The Hidden", "The Hollow",
     "The Humble", "The Lonely", "The Lost", "The Quiet", "The Restless", "The Sleeping",
     "The Sunken", "The Wandering"),
    (" Anchor", " Arrow", " Bell", " Candle", " Castle", " Crown", " Feather", " Garden",
     " Harbour", " Lantern", " Mirror", " Mountain", " Orchard", " Raven", " River", " Shadow",
     " Ship", " Storm", " Tower", " Window"),
)
YEARS = tuple(str(year) for year in range(1701, 1801))

ANIMALS = ("cat", "dog", "fox", "hare", "owl", "crow", "horse", "goat",
           "mouse", "bear", "duck", "frog")
ADJECTIVES = ("small", "old", "young", "happy", "tired", "hungry",
              "brave", "clever", "quiet", "grey", "brown", "cold")
PLACES = ("forest", "river", "hill", "market", "mill", "garden",
          "bridge", "field", "house", "road", "lake", "barn")
FOODS = ("bread", "apples", "cheese", "soup", "berries", "honey", "fish", "corn")
WEATHERS = ("rain", "snow", "wind", "sun", "fog", "thunder")
