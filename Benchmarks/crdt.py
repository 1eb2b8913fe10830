"""How long a library takes to import a history in memory: one document, a map of rows, each a map of values that merge
one by one, each row written by a transaction of its own. Prints seconds.

    crdt.py pycrdt|loro CHANGES
"""

import sys
import time


def rows(count):
    member = "0123456789abcdef" * 2
    for number in range(count):
        yield f"{member}{number:032x}", {
            "kind": "note", "room": "page:/plan",
            "text": f"What happened at this desk, number {number}, new, in a line of the usual length."}


def pycrdt(count):
    from pycrdt import Doc, Map
    source = Doc()
    table = source.get("activities", type=Map)
    for key, values in rows(count):
        with source.transaction():
            table[key] = Map(values)
    history = source.get_update()
    newcomer = Doc()
    found = newcomer.get("activities", type=Map)
    start = time.perf_counter()
    newcomer.apply_update(history)
    took = time.perf_counter() - start
    assert len(found) == count
    return took


def loro(count):
    from loro import ExportMode, LoroDoc, LoroMap, VersionVector
    source = LoroDoc()
    table = source.get_map("activities")
    for key, values in rows(count):
        row = table.insert_container(key, LoroMap())
        for name, value in values.items():
            row.insert(name, value)
        source.commit()
    history = source.export(ExportMode.Updates(VersionVector()))
    newcomer = LoroDoc()
    start = time.perf_counter()
    newcomer.import_(history)
    # The values are made when they are asked for first.
    found = len(newcomer.get_map("activities"))
    took = time.perf_counter() - start
    assert found == count
    return took


if __name__ == "__main__":
    print({"pycrdt": pycrdt, "loro": loro}[sys.argv[1]](int(sys.argv[2])))
