#include "tests/unit/source_rules.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace tests {
namespace {

using Names = std::set<std::string>;

// What each folder of backend may include besides itself. "engine.h" is the facade's header.
const std::map<std::string, Names>& allowedInBackend()
{
    static const Names ground{"domain", "common"};
    static const auto with = [](Names more) {
        more.insert(ground.begin(), ground.end());
        return more;
    };
    static const std::map<std::string, Names> table{
        {"domain", {}},
        {"common", {"domain"}},
        {"store", ground},
        {"cache", ground},
        {"queue", ground},
        {"cluster", with({"store"})},
        {"report", ground},
        {"embedded", ground},
        {"fanout", with({"store", "cache", "queue", "cluster"})},
        {"feed", with({"store", "cache", "queue", "cluster", "fanout", "engine.h"})},
        {"operations", with({"store", "cache", "queue", "cluster", "fanout", "feed", "audit", "engine.h"})},
        {"monitoring", with({"store", "cache", "queue", "cluster", "report", "engine.h"})},
        {"audit", with({"store", "cache", "queue", "cluster", "engine.h"})},
        {"workload", with({"engine.h"})},
        {"engine", with({"store", "cache", "queue", "cluster", "fanout", "feed", "operations", "monitoring",
                         "report", "audit", "engine.h"})},
        {"engine.h", ground},
    };
    return table;
}

bool endsWith(std::string_view text, std::string_view end)
{
    return text.ends_with(end);
}

// "backend/store/x.cpp" → "store"; "backend/engine.h" → "engine.h"; empty outside backend.
std::string backendFolder(std::string_view path)
{
    constexpr std::string_view prefix = "backend/";
    if (!path.starts_with(prefix)) return {};
    path.remove_prefix(prefix.size());
    return std::string(path.substr(0, path.find('/')));
}

bool isQt(std::string_view header, bool angled)
{
    if (header.starts_with("qcustomplot") || header.starts_with("Qt")) return true;
    return angled && header.size() > 1 && header[0] == 'Q' && header[1] >= 'A' && header[1] <= 'Z';
}

struct Include
{
    int line = 0;
    std::string header;
    bool angled = false;
};

class Checker
{
public:
    explicit Checker(const std::vector<SourceFile>& files)
        : m_files(files)
    {
        for (const auto& file : files)
            m_paths.insert(file.path);
    }

    std::vector<Violation> run()
    {
        for (const auto& file : m_files) {
            m_file = &file;
            checkWords();
            if (endsWith(file.path, ".cpp") || endsWith(file.path, ".h"))
                checkCpp();
            else if (endsWith(file.path, ".sql"))
                checkSql();
            else if (endsWith(file.path, "CMakeLists.txt"))
                checkCMake();
        }
        return std::move(m_found);
    }

private:
    bool under(std::string_view folder) const { return m_file->path.starts_with(folder); }
    bool isSource() const { return endsWith(m_file->path, ".cpp"); }
    void report(int line, std::string rule) { m_found.push_back({m_file->path, line, std::move(rule)}); }

    // Calls visit(line number, text) for each line.
    template <class Visit>
    static void eachLine(std::string_view text, Visit visit)
    {
        int line = 1;
        while (!text.empty()) {
            const auto end = text.find('\n');
            visit(line++, std::string(text.substr(0, end)));
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
    }

    void checkWords()
    {
        static const std::regex words("\\b(TO"
                                      "DO|FIX"
                                      "ME)\\b");
        eachLine(m_file->text, [this](int line, const std::string& text) {
            if (std::regex_search(text, words))
                report(line, "an open end is marked here: finish it or file an issue");
        });
    }

    void checkCpp()
    {
        const auto scanned = scanCpp(m_file->text);
        static const std::regex include(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
        eachLine(scanned.codeWithStrings, [this](int line, const std::string& text) {
            std::smatch match;
            if (std::regex_search(text, match, include)) checkInclude({line, match[2], match[1] == "<"});
        });
        if (under("ui/") && !under("ui/bridge/")) checkFacadeCalls(scanned.code);
        if (!under("tests/"))
            for (const auto& literal : scanned.strings)
                checkSqlText(literal.line, literal.text, false);
    }

    void checkFacadeCalls(const std::string& code)
    {
        static const std::regex call(R"re((\.|->)\s*(engine|feed|operations|monitor)\s*\(\s*\))re");
        eachLine(code, [this](int line, const std::string& text) {
            if (std::regex_search(text, call)) report(line, "only ui/bridge calls the engine");
        });
    }

    void checkInclude(Include include)
    {
        if (!include.angled) {
            const auto relative = m_file->path.substr(0, m_file->path.rfind('/') + 1) + include.header;
            if (m_paths.contains(relative)) {
                report(include.line, "write includes from the root: \"" + relative + "\"");
                include.header = relative;
            }
        }
        checkDrivers(include);
        if (under("backend/")) checkBackendInclude(include);
        if (under("ui/")) checkUiInclude(include);
        if (under("app/") && include.header.starts_with("tests/"))
            report(include.line, "programs do not include tests");
    }

    void checkDrivers(const Include& include)
    {
        if (under("tests/")) return;
        if (include.header.starts_with("pqxx/") || include.header == "libpq-fe.h")
            if (!isSource() || !(under("backend/store/") || under("backend/queue/")))
                report(include.line, "pqxx only in .cpp files of backend/store and backend/queue");
        if (include.header.starts_with("hiredis/") && (!isSource() || !under("backend/cache/")))
            report(include.line, "hiredis only in .cpp files of backend/cache");
    }

    void checkBackendInclude(const Include& include)
    {
        const auto own = backendFolder(m_file->path), other = backendFolder(include.header);
        if (isQt(include.header, include.angled)) report(include.line, "no Qt in backend");
        for (const auto* upper : {"app/", "ui/", "tests/"})
            if (include.header.starts_with(upper))
                report(include.line, std::string("backend does not include ") + upper);
        if (own == "domain" && include.angled && include.header.find_first_of("./") != std::string::npos)
            report(include.line, "backend/domain includes only domain and the standard library");
        if (other.empty() || other == own) return;
        const auto allowed = allowedInBackend().find(own);
        if (allowed == allowedInBackend().end())
            report(include.line,
                   "backend/" + own + " has no dependency rule: add one to tests/unit/source_rules.cpp");
        else if (!allowed->second.contains(other))
            report(include.line, "backend/" + own + " does not include backend/" + other);
    }

    void checkUiInclude(const Include& include)
    {
        if (include.header.starts_with("app/")) report(include.line, "ui does not include app");
        if (include.header.starts_with("tests/")) report(include.line, "ui does not include tests");
        const auto folder = backendFolder(include.header);
        if (!folder.empty() && folder != "domain" && folder != "engine.h")
            report(include.line, "ui includes only backend/engine.h and backend/domain");
    }

    void checkSql()
    {
        static const std::regex comment("--.*$");
        eachLine(m_file->text, [this](int line, const std::string& text) {
            checkSqlText(line, std::regex_replace(text, comment, ""), true);
        });
    }

    // In C++ the word may be ordinary English, so there only the SQL spelling counts: capitals, or before a
    // value.
    void checkSqlText(int line, const std::string& text, bool pureSql)
    {
        static const std::regex anyOffset("\\boff"
                                          "set\\b",
                                          std::regex::icase);
        static const std::regex sqlOffset("\\bOFF"
                                          "SET\\b|\\blimit\\b.*\\boff"
                                          "set\\b|\\boff"
                                          "set\\s+(\\$?[0-9]|\\{)");
        static const std::regex trigger("\\bcreate\\s+(or\\s+replace\\s+)?(constraint\\s+)?(event\\s+)?trig"
                                        "ger\\b",
                                        std::regex::icase);
        if (std::regex_search(text, pureSql ? anyOffset : sqlOffset))
            report(line, "pages go by id range, never by a row number to skip to");
        if (std::regex_search(text, trigger)) report(line, "no database triggers");
    }

    void checkCMake()
    {
        eachLine(m_file->text, [this](int line, std::string text) {
            text = text.substr(0, text.find('#'));
            const bool qt = text.find("Qt6::") != std::string::npos,
                       pqxx = text.find("PQXX") != std::string::npos;
            const bool hiredis = text.find("HIREDIS") != std::string::npos;
            const auto folder = backendFolder(m_file->path);
            if (under("backend/") && qt) report(line, "no Qt in backend");
            if (under("backend/") && pqxx && folder != "store" && folder != "queue")
                report(line, "pqxx only in backend/store and backend/queue");
            if (under("backend/") && hiredis && folder != "cache")
                report(line, "hiredis only in backend/cache");
            if ((under("ui/") || under("app/")) && (pqxx || hiredis)) report(line, "drivers stay in backend");
            for (const auto* display :
                 {"Qt6::Gui", "Qt6::Widgets", "Qt6::PrintSupport", "Qt6::Svg", "QCustomPlot"})
                if (under("app/ctl/") && text.find(display) != std::string::npos)
                    report(line, "rookeryctl runs without a display: no Qt Gui");
        });
    }

    const std::vector<SourceFile>& m_files;
    const SourceFile* m_file = nullptr;
    Names m_paths;
    std::vector<Violation> m_found;
};

} // namespace

std::vector<Violation> violations(const std::vector<SourceFile>& files)
{
    return Checker(files).run();
}

} // namespace tests
