"""The text of a key: what is one, what is none, and that no two are alike."""

from hypothesis import given
from hypothesis import strategies as st

from service.keys.key import id_in, new_key


@given(st.binary(max_size=120).map(lambda raw: raw.decode("latin-1")) | st.text(max_size=120))
def test_any_text_is_a_key_or_it_is_not(text: str) -> None:
    key_id = id_in(text)
    assert key_id is None or text.startswith(f"byline_{key_id}_")


@given(st.integers(0, 83), st.characters(codec="utf-8"))
def test_a_key_with_another_character_is_no_key_or_another_one(at: int, character: str) -> None:
    key_id, text = new_key()
    changed = text[:at] + character + text[at + 1 :]
    if changed == text:
        return
    found = id_in(changed)
    # the digits of the secret say nothing to the shape, so the hash has to tell
    assert found in {None, key_id} or at < len("byline_") + len(key_id)


def test_keys_are_random_and_named_by_their_id() -> None:
    made = [new_key() for _ in range(1000)]
    assert len({text for _, text in made}) == len({key_id for key_id, _ in made}) == 1000
    for key_id, text in made:
        assert id_in(text) == key_id
        assert len(bytes.fromhex(text.rpartition("_")[2])) * 8 == 256
