"""What the benchmark of voice has read aloud: 365 words, in plain English and without numbers in digits."""

_TEXT = """
The old harbour wakes before the town does. Fishermen carry their nets down the stone steps while the gulls argue over
scraps. By the time the bakery opens its doors, the first boats have passed the lighthouse and are only small dark
points on a silver sea.

A good bridge is honest about the forces that it carries. Cables hold by pulling, columns hold by pushing, and the
road between them bends a little under every truck. Engineers measure that bending through the night, when the traffic
is light and the wind is calm.

My grandmother kept bees behind the kitchen garden. She taught us to move slowly, to speak in a low voice, and never
to stand in front of the hive. In the autumn we filled glass jars with honey and wrote the name of the field on each
of them.

Water remembers the shape of the ground. It runs from the hills in a hundred narrow streams, joins the river below the
mill, and spreads across the meadows every spring. The farmers complain about the mud, but their best soil came with
the flood.

When the power failed, the whole street went quiet. Neighbours who had not spoken for years came out with candles and
folding chairs. Somebody brought a guitar, somebody else brought soup, and nobody wanted the lights to come back
before midnight.

The committee will meet on Thursday afternoon to discuss the budget for the new library. Members should read the
report in advance and send their questions to the secretary. If the weather is fine, there will be a short walk to the
building site after the meeting.

To make a simple bread you need flour, water, salt and yeast. Mix them in a large bowl, cover it with a cloth, and
wait until the dough has doubled. Then fold it, shape it, and bake it in a hot oven until the crust sounds hollow.

Scientists on the mountain count the stars that other people never see. Their telescope turns against the motion of
the earth, so that a single point of light can be watched for hours. Most nights nothing happens, and that is also a
result.
"""

PASSAGES = tuple(" ".join(one.split()) for one in _TEXT.split("\n\n"))
