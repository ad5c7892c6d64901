// Brings an ordered list of keys to a new one by removing and inserting runs of rows, for models that must
// not be reset. Pure; calls back with row numbers that are right at that moment.
#pragma once

#include <unordered_set>
#include <vector>

namespace ui {

// Both lists are in the same strict order. First calls remove(first, last) for runs that are gone, from the
// end to the start; then insert(row, from, count) for runs of `incoming` that are new, from the start to the
// end.
template <class Key, class Remove, class Insert>
void syncOrderedRows(const std::vector<Key>& existing, const std::vector<Key>& incoming, Remove remove,
                     Insert insert)
{
    const std::unordered_set<Key> wanted(incoming.begin(), incoming.end());
    const std::unordered_set<Key> present(existing.begin(), existing.end());
    for (int last = int(existing.size()) - 1; last >= 0; --last) {
        int first = last + 1;
        while (first > 0 && !wanted.contains(existing[std::size_t(first) - 1]))
            --first;
        if (first > last) continue;
        remove(first, last);
        last = first;
    }
    for (int i = 0; i < int(incoming.size()); ++i) {
        int count = 0;
        while (i + count < int(incoming.size()) && !present.contains(incoming[std::size_t(i + count)]))
            ++count;
        if (count == 0) continue;
        insert(i, i, count);
        i += count - 1;
    }
}

} // namespace ui
