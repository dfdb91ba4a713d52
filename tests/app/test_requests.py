"""Each request has a number: in its answer, on its error page, and in what is written about it."""

from tests.support.web import Browser


def test_an_error_page_shows_the_number_of_the_request_and_no_two_share_one(browse: Browser, story) -> None:
    ada = browse.as_(story.ada)

    one, other = ada.get("/calls/999999", status=404), ada.get("/calls/999999", status=404)

    numbers = [answer.headers["X-Request-ID"] for answer in (one, other)]
    assert len(set(numbers)) == 2
    assert [number in answer.text for number, answer in zip(numbers, (one, other), strict=True)] == [
        True,
        True,
    ]
