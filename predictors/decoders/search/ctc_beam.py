"""CTC prefix beam search with language models, compiled.

Hannun et al. 2014, "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs",
algorithm 1, in log space. Two prefixes that say the same are one: repeated letters survive, and the probability of a
text is that of all its alignments.
"""

from typing import NamedTuple

import numpy as np

from predictors.decoders.search.ctc_forward import LOG_ZERO
from utils.compute.compiled import compiled, inlined
from utils.language.tables import NO_LEXICON, NO_NGRAMS, UNKNOWN_TOKEN, LexiconTables, NgramTables

OUTSIDE = -1  # the place of a text whose last word is not in the lexicon


class Search(NamedTuple):
    """How a search prunes, and what it believes of the language.

    Attributes:
        width: prefixes that are kept after each frame.
        floor: classes whose log probability in a frame is lower are not tried there.
        characters: n-grams of classes.
        character_weight: of their log probability.
        lexicon: words.
        words: n-grams of the lexicon's words.
        word_weight: of their log probability.
        unknown_word: added for each word that the lexicon lacks.
        bonus: added for each character, against the language models' love of short texts.
    """

    width: int
    floor: float
    characters: NgramTables = NO_NGRAMS
    character_weight: float = 0.0
    lexicon: LexiconTables = NO_LEXICON
    words: NgramTables = NO_NGRAMS
    word_weight: float = 0.0
    unknown_word: float = 0.0
    bonus: float = 0.0


@inlined
def find(values, first, last, wanted):
    """The place of a value in a sorted stretch of an array, or -1."""
    while first < last:
        middle = (first + last) // 2
        if values[middle] < wanted:
            first = middle + 1
        else:
            last = middle
    return first if first < len(values) and values[first] == wanted else -1


@inlined
def follow(tables, state, token):
    """The log probability of a token after a state, and the next state (Katz's back-off)."""
    score, begun = 0.0, state
    while True:
        stop = tables.first[state + 1]
        place = find(tables.tokens, tables.first[state], stop, token)
        if 0 <= place < stop:
            return score + tables.scores[place], tables.following[place]
        if state == 0:
            if token == UNKNOWN_TOKEN:
                return score + tables.unknown, 0
            token, state, score = UNKNOWN_TOKEN, begun, 0.0
            continue
        score += tables.backoff[state]
        state = tables.shorter[state]


@inlined
def end_word(search, place, context):
    """What a word that ends at a place of the lexicon adds, and the words' next state.

    One that has left the lexicon has paid for that already.
    """
    word = search.lexicon.word[place] if place >= 0 else -1
    score = search.unknown_word if place >= 0 and word < 0 else 0.0
    if search.word_weight == 0.0:
        return score, context
    chance, context = follow(search.words, context, word)
    return score + search.word_weight * chance, context


@inlined
def extend(search, character, state, place, context):
    """What a character adds to a prefix: its score, and the prefix's new states."""
    score = search.bonus
    if search.character_weight != 0.0:
        chance, state = follow(search.characters, state, character)
        score += search.character_weight * chance
    if len(search.lexicon.classes) > 0:
        if search.lexicon.inside[character]:
            if place != OUTSIDE:
                stop = search.lexicon.first[place + 1]
                arc = find(search.lexicon.classes, search.lexicon.first[place], stop, character)
                if 0 <= arc < stop:
                    place = search.lexicon.following[arc]
                else:  # at once, so that such texts do not crowd the others out of the beam
                    place = OUTSIDE
                    score += search.unknown_word
        else:
            if place != 0:
                added, context = end_word(search, place, context)
                score += added
            place = 0
    return score, state, place, context


@inlined
def log_add(first, second):
    """log(exp(first) + exp(second))."""
    if first < second:
        first, second = second, first
    return first if second <= LOG_ZERO else first + np.log1p(np.exp(second - first))


@inlined
def raise_bar(heap, value):
    """Puts a value into a heap in the place of its least."""
    place, size = 0, len(heap)
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= value:
            break
        heap[place] = heap[below]
        place = below
    heap[place] = value


@inlined
def find_child(child, sibling, last, node, character):
    """The text that goes on from another by a character, or -1."""
    below = child[node]
    while below >= 0 and last[below] != character:
        below = sibling[below]
    return below


@inlined
def read_back(parent, last, ends):
    """The texts that end at some nodes of the tree: labels int32 (n, longest) and lengths int32 (n,)."""
    lengths = np.zeros(len(ends), np.int32)
    for number in range(len(ends)):
        node = ends[number]
        while node > 0:
            lengths[number] += 1
            node = parent[node]
    labels = np.zeros((len(ends), max(1, lengths.max())), np.int32)
    for number in range(len(ends)):
        node = ends[number]
        for position in range(lengths[number] - 1, -1, -1):
            labels[number, position] = last[node]
            node = parent[node]
    return labels, lengths


@compiled
def search_beam(scores_TC, search, most):
    """The best texts of one line.

    Args:
        scores_TC: float32 (frames, classes), log probabilities; class 0 is the blank.
        search: see `Search`.
        most: how many texts to return.

    Returns:
        labels int32 (n, longest), lengths int32 (n,), scores float64 (n,), best first.
    """
    frames, classes = scores_TC.shape
    width = search.width
    capacity = frames * width + 1
    parent, last = np.zeros(capacity, np.int32), np.zeros(capacity, np.int32)
    child, sibling = np.full(capacity, -1, np.int32), np.full(capacity, -1, np.int32)
    state, place = np.zeros(capacity, np.int32), np.zeros(capacity, np.int32)
    context, language = np.zeros(capacity, np.int32), np.zeros(capacity)
    slot = np.full(capacity, -1, np.int32)
    state[0], context[0] = search.characters.start, search.words.start
    nodes = 1

    beam = np.zeros(width, np.int32)
    blank, inked = np.full(width, LOG_ZERO), np.full(width, LOG_ZERO)
    totals, next_blank, next_inked = np.empty(width), np.empty(width), np.empty(width)
    bars = np.empty(width)
    merged = np.full((width, classes), -1, np.int32)
    gain = max(search.bonus, 0.0)  # a language model adds no more
    blank[0] = 0.0
    count = 1

    room = width * (classes + 1)
    ranks, sources, signs = np.empty(room), np.empty(room, np.int32), np.empty(room, np.int32)
    chances, added = np.empty(room), np.empty(room)
    states, places, contexts = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    tried = np.empty(classes, np.int32)

    for frame in range(frames):
        row = scores_TC[frame]
        hopeful = -np.inf
        for index in range(count):
            node = beam[index]
            slot[node] = index
            totals[index] = log_add(blank[index], inked[index])
            next_blank[index] = totals[index] + row[0]
            next_inked[index] = inked[index] + row[last[node]] if node > 0 else LOG_ZERO
            hopeful = max(hopeful, totals[index] + language[node])
        for index in range(count):  # a text that is kept already is reached from its beginning once more, however improbably
            node = beam[index]
            above = slot[parent[node]] if node > 0 else -1
            if above >= 0:
                character = last[node]
                merged[above, character] = index
                chance = (blank[above] if character == last[parent[node]] else totals[above]) + row[character]
                next_inked[index] = log_add(next_inked[index], chance)
            bars[index] = log_add(next_blank[index], next_inked[index]) + language[node]
        bars[:count].sort()  # a sorted array is a heap: its first is the least of the best that are known so far
        if count < width:
            bars[count:] = -np.inf
            bars.sort()
        tries = 0
        for character in range(1, classes):
            if row[character] >= search.floor and row[character] + hopeful + gain >= bars[0]:
                tried[tries] = character
                tries += 1
        new = 0
        for index in range(count):
            node = beam[index]
            for attempt in range(tries):
                character = tried[attempt]
                if merged[index, character] >= 0:
                    continue
                chance = (blank[index] if character == last[node] else totals[index]) + row[character]
                if chance + language[node] + gain < bars[0] or chance <= LOG_ZERO:
                    continue
                extra, next_state, next_place, next_context = extend(search, character, state[node], place[node], context[node])
                rank = chance + language[node] + extra
                if rank < bars[0]:
                    continue
                raise_bar(bars, rank)
                ranks[new], sources[new], signs[new], chances[new], added[new] = rank, index, character, chance, extra
                states[new], places[new], contexts[new] = next_state, next_place, next_context
                new += 1
        for index in range(count):
            node = beam[index]
            if node > 0 and slot[parent[node]] >= 0:
                merged[slot[parent[node]], last[node]] = -1
        for index in range(count):
            slot[beam[index]] = -1
            ranks[new + index] = log_add(next_blank[index], next_inked[index]) + language[beam[index]]

        order = np.argsort(-ranks[: new + count])[:width]
        old = beam.copy()
        for number in range(len(order)):
            index = order[number]
            if index >= new:
                beam[number] = old[index - new]
                blank[number], inked[number] = next_blank[index - new], next_inked[index - new]
                continue
            node = old[sources[index]]
            below = find_child(child, sibling, last, node, signs[index])
            if below < 0:
                below = nodes
                nodes += 1
                parent[below], last[below] = node, signs[index]
                sibling[below], child[node] = child[node], below
                state[below], place[below], context[below] = states[index], places[index], contexts[index]
                language[below] = language[node] + added[index]
            beam[number] = below
            blank[number], inked[number] = LOG_ZERO, chances[index]
        count = len(order)

    finals = np.empty(count)
    for index in range(count):
        node = beam[index]
        finals[index] = log_add(blank[index], inked[index]) + language[node]
        if len(search.lexicon.classes) > 0 and place[node] != 0:
            finals[index] += end_word(search, place[node], context[node])[0]
    order = np.argsort(-finals)[:most]
    labels, lengths = read_back(parent, last, beam[order])
    return labels, lengths, finals[order]


@compiled
def align(scores_TC, labels):
    """The frames that stand for each character of a text on its most likely path (Viterbi).

    Args:
        scores_TC: float32 (frames, classes), log probabilities.
        labels: int32 (length,), no more than fit the frames.

    Returns:
        int32 (length, 2), first and last frame of each character.
    """
    frames, length = scores_TC.shape[0], len(labels)
    places = 2 * length + 1
    best = np.full(places, LOG_ZERO)
    step = np.zeros((frames, places), np.int8)  # how many places further than the frame before
    best[0] = scores_TC[0, 0]
    if length > 0:
        best[1] = scores_TC[0, labels[0]]
    for frame in range(1, frames):
        for position in range(places - 1, -1, -1):
            character = labels[position // 2] if position % 2 else 0
            top, move = best[position], 0
            if position > 0 and best[position - 1] > top:
                top, move = best[position - 1], 1
            if position > 2 and position % 2 and labels[position // 2] != labels[position // 2 - 1] and best[position - 2] > top:
                top, move = best[position - 2], 2
            best[position] = top + scores_TC[frame, character]
            step[frame, position] = move
    spans = np.zeros((length, 2), np.int32)
    position = places - 1 if length == 0 or best[places - 1] >= best[places - 2] else places - 2
    step_after = 1
    for frame in range(frames - 1, -1, -1):
        if position % 2:
            character = position // 2
            spans[character, 0] = frame
            if step_after != 0:
                spans[character, 1] = frame
        step_after = step[frame, position]
        position -= step_after
    return spans
