"""The words by which a language is told, and which are nobody's name."""

from __future__ import annotations

SMALL_WORDS = {
    "en": "the and is are of to in that it you with for was this what how not have i",
    "de": "der die das und ist nicht ein eine ich du mit zu auf den von wie was sie für es",
    "fr": "le la les et est une un des que pas vous je dans pour qui sur avec ce il du",
    "es": "el la los y es una un que no en de por para con se las del como lo está",
    "it": "il la che di e è un una non per con sono del le gli come si questo della i",
    "pt": "o a os e é um uma que não de em para com do da se por mais como no",
    "nl": "de het een en is van ik niet dat op te in voor met zijn je wat die er aan",
}
"""The words by which a language is told: the most frequent of each."""
_WORDS = [(word, language) for language, words in SMALL_WORDS.items() for word in words.split()]
LANGUAGES = {word: [language for other, language in _WORDS if other == word] for word, _ in _WORDS}
