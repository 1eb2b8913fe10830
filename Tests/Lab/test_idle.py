"""Who has left the desk, as the desktop tells it, and everybody sees."""

import json

from desktop import Desktop, Mutter
from door import Door
from waiting import ready, within

# The desktop is asked every ten seconds, and a change of status is told at once.
SHOWN = 12


def test_who_has_left_the_desk_is_idle_and_a_hand_on_it_brings_them_back(lan, product):
    door = Door(lan)
    ada, bob = door.ada, door.bob
    assert ada.status()["idle_source"] == "view"
    ada.end()
    desktop = Desktop(ada.host)
    desktop.say("idle 360000")
    ada.extra = desktop.environment
    ada.up(*door.options)
    door.join(bob, door.invite())
    ready("bob sees that nobody has touched ada's desktop for six minutes", lambda: bob.status_of(ada) == "idle")
    assert ada.status()["idle_source"] == "mutter"

    desktop.say("idle 0")
    within(SHOWN, "bob sees ada online after a hand on her desktop", lambda: bob.status_of(ada) == "online")
    desktop.say("locked true")
    within(SHOWN, "bob sees ada idle after she locked the screen", lambda: bob.status_of(ada) == "idle")
    # A view sees a hand, though the screen is locked.
    with ada.live() as view:
        view.send("presence.active")
        ready("bob sees ada online after a hand in a view", lambda: bob.status_of(ada) == "online")

    # Nothing of it is kept, nor told.
    kept = json.dumps([ada.status(), bob.presence()[ada.member]])
    assert "360000" not in kept


def test_who_has_left_the_desk_of_gnomes_own_compositor(lan, product):
    door = Door(lan)
    ada, bob = door.ada, door.bob
    ada.end()
    mutter = Mutter(ada.host)
    mutter.rest(360)
    ada.extra = mutter.environment
    ada.up(*door.options)
    door.join(bob, door.invite())
    ready("bob sees that nobody has touched ada's desktop for six minutes", lambda: bob.status_of(ada) == "idle")
    assert ada.status()["idle_source"] == "mutter"
    mutter.touch()
    within(SHOWN, "bob sees ada online after a hand on her desktop", lambda: bob.status_of(ada) == "online")
