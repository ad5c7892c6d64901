// Tasks that failed for good: listed by what they failed of, looked at, tried again or thrown away; and one
// reader's timeline built again.
#include "app/ctl/support.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr int kMost = 10'000;         // dead letters looked at
constexpr std::size_t kShown = 4'096; // bytes of a payload
constexpr auto kDeadLetterPatience = 60s;

// As they are written here: the node's id in the directory, a colon, the task's id.
std::string text(const TaskRef& ref)
{
    return std::to_string(ref.node) + ":" + std::to_string(ref.id);
}

std::optional<TaskRef> refOf(const std::string& word)
{
    TaskRef ref;
    int read = 0;
    long long id = 0;
    if (std::sscanf(word.c_str(), "%d:%lld%n", &ref.node, &id, &read) != 2 ||
        std::size_t(read) != word.size())
        return std::nullopt;
    ref.id = id;
    return ref;
}

struct Group
{
    std::string signature;
    std::vector<const DeadLetter*> letters; // newest first
};

std::vector<Group> grouped(const std::vector<DeadLetter>& letters)
{
    std::map<std::string, Group> bySignature;
    for (const auto& letter : letters) {
        auto& group = bySignature[letter.signature];
        group.signature = letter.signature;
        group.letters.push_back(&letter);
    }
    std::vector<Group> groups;
    for (auto& [signature, group] : bySignature)
        groups.push_back(std::move(group));
    std::stable_sort(groups.begin(), groups.end(),
                     [](const Group& a, const Group& b) { return a.letters.size() > b.letters.size(); });
    return groups;
}

nlohmann::json toJson(const Group& group)
{
    auto ids = nlohmann::json::array();
    std::map<std::string, int> kinds;
    for (const auto* letter : group.letters) {
        ids.push_back(text(letter->ref));
        ++kinds[std::string(toString(letter->kind))];
    }
    return {{"signature", group.signature},
            {"count", group.letters.size()},
            {"kinds", kinds},
            {"oldest", isoTime(group.letters.back()->diedAt)},
            {"newest", isoTime(group.letters.front()->diedAt)},
            {"example", group.letters.front()->error},
            {"ids", ids}};
}

int list(const std::vector<DeadLetter>& letters, bool json)
{
    const auto groups = grouped(letters);
    if (json) {
        auto out = nlohmann::json::array();
        for (const auto& group : groups)
            out.push_back(toJson(group));
        std::printf("%s\n", nlohmann::json{{"dead_letters", letters.size()},
                                           {"complete", letters.size() < std::size_t(kMost)},
                                           {"groups", out}}
                                .dump(2)
                                .c_str());
        return kOk;
    }
    if (groups.empty()) std::puts("no dead letters");
    for (const auto& group : groups) {
        const auto& newest = *group.letters.front();
        std::printf("%zu × %s\n    %s … %s, for example %s %s: %s\n", group.letters.size(),
                    group.signature.c_str(), isoTime(group.letters.back()->diedAt).c_str(),
                    isoTime(newest.diedAt).c_str(), std::string(toString(newest.kind)).c_str(),
                    text(newest.ref).c_str(), newest.error.c_str());
    }
    if (letters.size() >= std::size_t(kMost))
        std::printf("there may be more: only the newest %d were looked at\n", kMost);
    return kOk;
}

int show(const DeadLetter& letter, bool json)
{
    const auto payload = letter.payload.substr(0, kShown);
    const bool cut = letter.payloadBytes > std::int64_t(payload.size());
    if (json) {
        std::printf("%s\n", nlohmann::json{{"id", text(letter.ref)},
                                           {"kind", toString(letter.kind)},
                                           {"shard", letter.shard},
                                           {"attempts", letter.attempts},
                                           {"created", isoTime(letter.createdAt)},
                                           {"died", isoTime(letter.diedAt)},
                                           {"error", letter.error},
                                           {"signature", letter.signature},
                                           {"payload", payload},
                                           {"payload_bytes", letter.payloadBytes}}
                                .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
                                .c_str());
        return kOk;
    }
    std::printf("%s %s of logical shard %d\n  written %s, given up %s after %d attempts\n  error: %s\n  "
                "payload: %s%s\n",
                std::string(toString(letter.kind)).c_str(), text(letter.ref).c_str(), letter.shard,
                isoTime(letter.createdAt).c_str(), isoTime(letter.diedAt).c_str(), letter.attempts,
                letter.error.c_str(), payload.c_str(),
                cut ? (" … (" + std::to_string(letter.payloadBytes) + " bytes in all)").c_str() : "");
    return kOk;
}

int usage(const std::string& what)
{
    std::fprintf(stderr, "rookeryctl: %s\n", what.c_str());
    return kUsage;
}

// The named ones, or those of one signature as they are now; the person says how many that is, so that what
// came since the list was read is never included.
Result<std::vector<TaskRef>> chosenOf(const DeadLetterCommand& command,
                                      const std::vector<DeadLetter>& letters)
{
    std::vector<TaskRef> refs;
    for (const auto& word : command.ids) {
        const auto ref = refOf(word);
        if (!ref)
            return fail(ErrorCode::InvalidArgument,
                        "\"" + word +
                            "\" is no dead letter: they are written like 2:345, see dead-letters list");
        refs.push_back(*ref);
    }
    if (command.signature.empty()) return refs;
    for (const auto& letter : letters)
        if (letter.signature == command.signature) refs.push_back(letter.ref);
    if (int(refs.size()) != command.expected)
        return fail(ErrorCode::Conflict,
                    std::to_string(refs.size()) + " dead letters have this signature now, not " +
                        std::to_string(command.expected) + ": list them again; nothing was changed");
    return refs;
}

} // namespace

int runDeadLetters(const DeadLetterCommand& command)
{
    using Action = DeadLetterCommand::Action;
    const bool changes = command.action == Action::Retry || command.action == Action::Discard;
    if (changes && command.ids.empty() == command.signature.empty())
        return usage("say which dead letters: their ids, or --signature TEXT with --expect COUNT");
    if (changes && !command.signature.empty() && command.expected < 1)
        return usage("--signature needs --expect COUNT, as the list shows it");
    auto options = optionsOf(command.cluster, "ctl");
    options.readOnly = !changes;
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    auto& operations = (*session)->engine().operations();
    const auto deadline = Deadline::after(kDeadLetterPatience);
    const auto letters = operations.deadLetters(kMost, deadline);
    if (!letters) return failed(letters.error());
    if (command.action == Action::List) return list(*letters, command.json);
    if (command.action == Action::Show) {
        const auto ref = command.ids.empty() ? std::nullopt : refOf(command.ids.front());
        const auto found = std::find_if(letters->begin(), letters->end(),
                                        [&](const auto& letter) { return ref && letter.ref == *ref; });
        if (found == letters->end())
            return failed(
                {ErrorCode::NotFound, "there is no such dead letter among the newest 10,000", false});
        return show(*found, command.json);
    }
    const auto refs = chosenOf(command, *letters);
    if (!refs) return failed(refs.error());
    const auto done = command.action == Action::Retry ? operations.retryDeadLetters(*refs, deadline)
                                                      : operations.discardDeadLetters(*refs, deadline);
    if (!done) return failed(done.error());
    const char* what = command.action == Action::Retry ? "retried" : "discarded";
    if (command.json)
        std::printf("%s\n", nlohmann::json{{what, *done}, {"asked", refs->size()}}.dump().c_str());
    else
        std::printf("%s %d of %zu\n", what, *done, refs->size());
    return *done == int(refs->size())
               ? kOk
               : kFailed; // others were ended by somebody else meanwhile, or never were
}

int runRebuild(const ClusterChoice& cluster, const std::string& reader, bool json)
{
    auto session = openWithSteps(optionsOf(cluster, "ctl"));
    if (!session) return failed(session.error());
    auto& engine = (*session)->engine();
    const auto deadline = Deadline::after(kDeadLetterPatience);
    const auto id = readerOf(engine, reader, deadline);
    if (!id) return failed(id.error());
    if (const auto done = engine.operations().rebuildTimeline(*id, deadline); !done)
        return failed(done.error());
    if (json)
        std::printf("%s\n", nlohmann::json{{"rebuilt", id->value}}.dump().c_str());
    else
        std::printf("the home timeline of %lld is built again\n", static_cast<long long>(id->value));
    return kOk;
}

} // namespace app
