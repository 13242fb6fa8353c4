"""Quizzes: which questions a host is asked, and whether it passed (art. 10; nothing is taken on trust that it sat one)."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from zhenbo.core.admission import Trained
from zhenbo.core.errors import PackError


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, its answers, and which is right."""

    id: str
    en: str
    zh: str
    answers: tuple[str, ...]
    right: int


class Quiz(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A course's questions, how many are asked, and how many of them must be right."""

    course: str
    asks: int
    needs: int
    question: tuple[Question, ...]


def read_quiz(text: str, name: str) -> Quiz:
    """A quiz (TOML).

    Raises:
        PackError: when it does not read, or asks more than it has.
    """
    try:
        quiz = msgspec.toml.decode(text, type=Quiz)
    except msgspec.DecodeError as error:
        raise PackError(f"{name} does not read: {error}.") from error
    if not 0 < quiz.needs <= quiz.asks <= len(quiz.question):
        raise PackError(f"{name}: it needs {quiz.needs} of {quiz.asks} asked, and has {len(quiz.question)} questions.")  # fmt: skip
    if any(not 0 <= q.right < len(q.answers) for q in quiz.question):
        raise PackError(f"{name}: `right` is the place of an answer, from 0.")
    return quiz


def asked(quiz: Quiz, host: str, sitting: int) -> tuple[Question, ...]:
    """The questions of a sitting: others for every host and sitting, the same when asked for again."""

    def place(q: Question) -> str:
        return hashlib.sha256(f"{quiz.course}\n{host}\n{sitting}\n{q.id}".encode()).hexdigest()

    return tuple(sorted(quiz.question, key=place)[: quiz.asks])


def marked(quiz: Quiz, questions: Sequence[Question], answers: Mapping[str, int]) -> Trained:
    """What answers are worth; a question left out is not right."""
    right = sum(answers.get(q.id) == q.right for q in questions)
    return Trained(quiz.course, right, len(questions), right >= quiz.needs)
