// Names of a timeline's keys and members, written without allocations. Private to backend/cache. Pure; any
// thread.
#pragma once

#include "backend/cache/timelines.h"

#include <array>
#include <string_view>

namespace backend {

// How long a void floor's mark stays. Without it the floor is just as absent; it only keeps publishEmpty()
// away from a timeline whose past it cannot know.
inline constexpr std::string_view kVoidLifeMs = "86400000";

// Stands between a floor's id and the run_id. Another layout of the entries gets another number: its floors
// are void then.
inline constexpr std::string_view kFloorLayout = " 2 ";
// The same of a timeline of which only the newest part was built: it is to become deeper.
inline constexpr std::string_view kPartFloorLayout = " 3 ";

// A short text in place.
class ShortText
{
public:
    std::string_view view() const { return {m_bytes.data(), m_size}; }
    operator std::string_view() const { return view(); }
    std::string text() const { return std::string(view()); }
    ShortText& operator<<(std::string_view text);
    ShortText& operator<<(std::int64_t number);

private:
    std::array<char, 64> m_bytes;
    std::size_t m_size = 0;
};

ShortText entriesKey(TimelineFamily family, UserId owner);
ShortText floorKey(TimelineFamily family, UserId owner);
ShortText buildKey(TimelineFamily family, UserId owner);
ShortText noteKey(TimelineFamily family, UserId owner); // of the closed segments

// Of one timeline, in the order in which scripts take them.
struct TimelineKeys
{
    TimelineKeys(TimelineFamily family, UserId owner);
    ShortText entries, floor, build, note;
};
ShortText memberText(PostId post);                // 19 digits
ShortText scoreText(PostId post);                 // Unix ms, negative
std::string floorStamp(const std::string& runId); // what follows the id in a floor that is valid in that life
bool hasStampOf(std::string_view floorValue, std::string_view runId); // of either layout

} // namespace backend
