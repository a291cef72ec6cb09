from l0pyserini.model.padding import attended, pad


def test_rows_are_padded_and_marked():
    padded, real = pad([[5, 6, 7], [], [8]], 1)
    assert padded.tolist() == [[5, 6, 7], [1, 1, 1], [8, 1, 1]]
    assert real.tolist() == [[True] * 3, [False] * 3, [True, False, False]]


def test_no_rows_have_a_width():
    assert pad([[]], 0)[0].shape == (1, 1)


def test_a_row_without_tokens_attends_to_one():
    assert attended(pad([[5, 6], []], 0)[1]).tolist() == [[1, 1], [1, 0]]
