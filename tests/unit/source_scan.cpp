#include "tests/unit/source_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tests {
namespace {

bool isIdentifier(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Walks the text once and copies each character into the views it belongs to.
class Scanner
{
public:
    explicit Scanner(std::string_view text)
        : m_text(text)
    {
    }

    ScannedSource run()
    {
        while (m_at < m_text.size()) {
            if (startsWith("//"))
                skipUntil("\n", false);
            else if (startsWith("/*"))
                skipUntil("*/", true);
            else if (startsWith("R\"") && (m_at == 0 || !isIdentifier(m_text[m_at - 1])))
                rawString();
            else if (m_text[m_at] == '"')
                literal('"');
            else if (m_text[m_at] == '\'' && !isDigitSeparator())
                literal('\'');
            else
                keep();
        }
        return std::move(m_out);
    }

private:
    bool startsWith(std::string_view what) const { return m_text.substr(m_at).starts_with(what); }
    bool isDigitSeparator() const { return m_at > 0 && isIdentifier(m_text[m_at - 1]); }

    void put(char inCode, char inBoth)
    {
        m_out.code += inCode;
        m_out.codeWithStrings += inBoth;
        if (m_text[m_at] == '\n') ++m_line;
        ++m_at;
    }
    void keep() { put(m_text[m_at], m_text[m_at]); }
    void blankBoth() { put(m_text[m_at] == '\n' ? '\n' : ' ', m_text[m_at] == '\n' ? '\n' : ' '); }
    void blankCode() { put(m_text[m_at] == '\n' ? '\n' : ' ', m_text[m_at]); }

    void skipUntil(std::string_view end, bool inclusive)
    {
        while (m_at < m_text.size() && !startsWith(end))
            blankBoth();
        for (std::size_t i = 0; inclusive && i < end.size() && m_at < m_text.size(); ++i)
            blankBoth();
    }

    void literal(char quote)
    {
        StringLiteral found{m_line, {}};
        keep();
        while (m_at < m_text.size() && m_text[m_at] != quote && m_text[m_at] != '\n') {
            const bool escaped = m_text[m_at] == '\\' && m_at + 1 < m_text.size();
            for (int i = 0; i < (escaped ? 2 : 1); ++i) {
                found.text += m_text[m_at];
                blankCode();
            }
        }
        if (m_at < m_text.size()) keep();
        if (quote == '"') m_out.strings.push_back(std::move(found));
    }

    void rawString()
    {
        const auto open = m_text.find('(', m_at);
        if (open == std::string_view::npos) return keep();
        const std::string close = ")" + std::string(m_text.substr(m_at + 2, open - m_at - 2)) + "\"";
        while (m_at <= open)
            keep();
        StringLiteral found{m_line, {}};
        while (m_at < m_text.size() && !startsWith(close)) {
            if (m_text[m_at] == '\n') { // one entry per line, so that a violation names its own
                m_out.strings.push_back(found);
                found = StringLiteral{m_line + 1, {}};
            } else {
                found.text += m_text[m_at];
            }
            blankCode();
        }
        m_out.strings.push_back(std::move(found));
        for (std::size_t i = 0; i < close.size() && m_at < m_text.size(); ++i)
            keep();
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    int m_line = 1;
    ScannedSource m_out;
};

bool isLookedAt(const std::filesystem::path& path)
{
    static constexpr std::array extensions{".cpp", ".h", ".sql", ".cmake", ".sh", ".qss", ".qrc", ".ts"};
    const auto extension = path.extension().string();
    return path.filename() == "CMakeLists.txt" || extension.empty() ||
           std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

} // namespace

ScannedSource scanCpp(std::string_view text)
{
    return Scanner(text).run();
}

std::vector<SourceFile> readSourceTree(const std::string& root)
{
    namespace fs = std::filesystem;
    std::vector<SourceFile> out;
    for (const auto* folder : {"app", "backend", "ui", "tests", "installer", "cmake", "resources"}) {
        const fs::path start = fs::path(root) / folder;
        if (!fs::is_directory(start)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(start)) {
            if (!entry.is_regular_file() || !isLookedAt(entry.path())) continue;
            std::ifstream in(entry.path(), std::ios::binary);
            std::ostringstream text;
            text << in.rdbuf();
            out.push_back({fs::relative(entry.path(), root).generic_string(), text.str()});
        }
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return out;
}

} // namespace tests
