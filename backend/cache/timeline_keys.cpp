#include "backend/cache/timeline_keys.h"

#include <algorithm>
#include <charconv>

namespace backend {
namespace {

constexpr std::size_t kMemberDigits = 19;
constexpr std::array<std::string_view, 3> kFamilyWords{"home", "author", "public"};

ShortText key(TimelineFamily family, UserId owner, std::string_view suffix)
{
    ShortText out;
    out << "{" << owner.shard() << "}:" << kFamilyWords[std::size_t(family)] << suffix;
    if (family != TimelineFamily::Public) out << ":" << owner.value;
    return out;
}

} // namespace

ShortText& ShortText::operator<<(std::string_view text)
{
    const auto bytes = std::min(text.size(), m_bytes.size() - m_size);
    std::copy_n(text.data(), bytes, m_bytes.data() + m_size);
    m_size += bytes;
    return *this;
}

ShortText& ShortText::operator<<(std::int64_t number)
{
    const auto [end, error] = std::to_chars(m_bytes.data() + m_size, m_bytes.data() + m_bytes.size(), number);
    if (error == std::errc()) m_size = std::size_t(end - m_bytes.data());
    return *this;
}

ShortText entriesKey(TimelineFamily family, UserId owner)
{
    return key(family, owner, "");
}
ShortText floorKey(TimelineFamily family, UserId owner)
{
    return key(family, owner, "-floor");
}
ShortText buildKey(TimelineFamily family, UserId owner)
{
    return key(family, owner, "-build");
}

ShortText noteKey(TimelineFamily family, UserId owner)
{
    return key(family, owner, "-segments");
}

TimelineKeys::TimelineKeys(TimelineFamily family, UserId owner)
    : entries(entriesKey(family, owner))
    , floor(floorKey(family, owner))
    , build(buildKey(family, owner))
    , note(noteKey(family, owner))
{
}

ShortText memberText(PostId post)
{
    ShortText digits, out;
    digits << std::max<std::int64_t>(post.value, 0);
    constexpr std::string_view zeros = "0000000000000000000";
    static_assert(zeros.size() == kMemberDigits);
    out << zeros.substr(digits.view().size()) << digits.view();
    return out;
}

ShortText scoreText(PostId post)
{
    ShortText out;
    out << -unixMillisecondsOf(post.value);
    return out;
}

std::string floorStamp(const std::string& runId)
{
    return std::string(kFloorLayout) + runId;
}

bool hasStampOf(std::string_view floorValue, std::string_view runId)
{
    if (!floorValue.ends_with(runId)) return false;
    const auto before = floorValue.substr(0, floorValue.size() - runId.size());
    return before.ends_with(kFloorLayout) || before.ends_with(kPartFloorLayout);
}

std::string floorValue(PostId floor, const std::string& runId)
{
    return memberOf(floor) + floorStamp(runId);
}

std::string memberOf(PostId post)
{
    return memberText(post).text();
}

std::optional<PostId> postOfMember(std::string_view member)
{
    PostId post;
    const auto [end, error] = std::from_chars(member.data(), member.data() + member.size(), post.value);
    if (member.size() != kMemberDigits || error != std::errc() || end != member.data() + member.size() ||
        post.value < 0)
        return std::nullopt;
    return post;
}

std::string timelineKey(TimelineFamily family, UserId owner)
{
    return entriesKey(family, owner).text();
}
std::string timelineFloorKey(TimelineFamily family, UserId owner)
{
    return floorKey(family, owner).text();
}
std::string timelineSegmentsKey(TimelineFamily family, UserId owner)
{
    return noteKey(family, owner).text();
}

} // namespace backend
