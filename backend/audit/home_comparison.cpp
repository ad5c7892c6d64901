#include "backend/audit/home_comparison.h"

#include <algorithm>

namespace backend {
namespace {

// Trimming leaves up to two segments more, bursts and late entries make them larger for a while.
constexpr int kSegmentsBeyond = 4;
constexpr int kChecksMissed = 16; // by chance: of ten million timelines one misses more

int mostStored(const HomeRules& rules)
{
    return rules.cap + kSegmentsBeyond * rules.segment + kChecksMissed * rules.checkOneIn;
}

std::string several(std::size_t count, const char* one, const char* more)
{
    return std::to_string(count) + (count == 1 ? one : more);
}

void addMissing(const RawTimeline& raw, const HomeTruth& before, const HomeTruth& after, PostId from,
                std::vector<HomeFault>& out)
{
    HomeFault fault{TimelineFault::Missing, {}, {}};
    for (const auto& post : before.posts) {
        if (post.id < from || post.deleted || std::binary_search(raw.ids.begin(), raw.ids.end(), post.id))
            continue;
        if (const auto* again = after.find(post.id); again && !again->deleted) fault.posts.push_back(post.id);
    }
    if (fault.posts.empty()) return;
    fault.detail = several(fault.posts.size(), " post is not in it", " posts are not in it");
    out.push_back(std::move(fault));
}

void addExtra(const RawTimeline& raw, const HomeTruth& before, const HomeTruth& after, PostId from,
              std::vector<HomeFault>& out)
{
    HomeFault fault{TimelineFault::Extra, {}, {}};
    for (const auto post : raw.ids)
        if (post >= from && !before.find(post) && !after.find(post)) fault.posts.push_back(post);
    if (fault.posts.empty()) return;
    fault.detail =
        several(fault.posts.size(), " post does not belong there: no such post, or of nobody followed",
                " posts do not belong there: no such posts, or of nobody followed");
    out.push_back(std::move(fault));
}

void addPlaces(const RawTimeline& raw, std::vector<HomeFault>& out)
{
    if (!raw.oddities.empty()) {
        HomeFault fault{TimelineFault::OutOfOrder, {}, raw.oddities.front()};
        for (const auto post : raw.oddPosts)
            if (post) fault.posts.push_back(post);
        if (raw.oddities.size() > 1)
            fault.detail += ", and " + std::to_string(raw.oddities.size() - 1) + " more";
        std::sort(fault.posts.begin(), fault.posts.end());
        fault.posts.erase(std::unique(fault.posts.begin(), fault.posts.end()), fault.posts.end());
        out.push_back(std::move(fault));
    }
    if (!raw.doubles.empty())
        out.push_back({TimelineFault::Double, raw.doubles,
                       several(raw.doubles.size(), " post stands in two segments; pages show it once",
                               " posts stand in two segments; pages show them once")});
}

// The floor lies no higher than the cap-th newest entry ever due, unless age put it there or the timeline is
// still to become deeper.
void addFloor(const RawTimeline& raw, const HomeTruth& before, const HomeRules& rules,
              std::vector<HomeFault>& out)
{
    const PostId floor = raw.floor->id;
    const auto due = std::count_if(before.posts.begin(), before.posts.end(),
                                   [&](const auto& post) { return post.id >= floor; }) +
                     before.formerPosts;
    if (!raw.floor->whole || floor.value == 0 || before.from > floor || due >= rules.cap) return;
    const auto newest = raw.ids.empty() ? rules.ageNow : std::max(rules.ageNow, raw.ids.back().time());
    if (floor.time() <= newest - rules.age + Milliseconds(1)) return;
    out.push_back({TimelineFault::FloorTooHigh,
                   {floor},
                   "only " + std::to_string(due) + " posts were ever due above the floor, the cap is " +
                       std::to_string(rules.cap)});
}

void addBeyondCap(const RawTimeline& raw, const HomeRules& rules, std::vector<HomeFault>& out)
{
    if (raw.stored <= std::size_t(mostStored(rules))) return;
    HomeFault fault{TimelineFault::BeyondCap, {}, {}};
    if (!raw.ids.empty()) fault.posts.push_back(raw.ids.front());
    fault.detail = std::to_string(raw.stored) + " entries, the cap is " + std::to_string(rules.cap);
    out.push_back(std::move(fault));
}

} // namespace

int postsToJudge(const HomeRules& rules)
{
    return 2 * rules.cap + mostStored(rules);
}

std::vector<HomeFault> compareHome(const RawTimeline& raw, const HomeTruth& before, const HomeTruth& after,
                                   const HomeRules& rules)
{
    std::vector<HomeFault> out;
    const PostId from = std::max({raw.floor->id, before.from, after.from});
    addMissing(raw, before, after, from, out);
    addExtra(raw, before, after, from, out);
    addPlaces(raw, out);
    addFloor(raw, before, rules, out);
    addBeyondCap(raw, rules, out);
    return out;
}

std::vector<HomeFault> inBoth(const std::vector<HomeFault>& before, std::vector<HomeFault> faults)
{
    std::vector<HomeFault> out;
    for (auto& fault : faults) {
        const auto known = std::find_if(before.begin(), before.end(),
                                        [&](const auto& one) { return one.fault == fault.fault; });
        if (known == before.end()) continue;
        const bool byPost = fault.fault == TimelineFault::Missing || fault.fault == TimelineFault::Extra ||
                            fault.fault == TimelineFault::Double;
        if (byPost) {
            std::erase_if(fault.posts, [&](PostId post) {
                return !std::binary_search(known->posts.begin(), known->posts.end(), post);
            });
            if (fault.posts.empty()) continue;
        }
        out.push_back(std::move(fault));
    }
    return out;
}

} // namespace backend
