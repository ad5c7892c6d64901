// Findings of the doctor as a table, what holds of several nodes as one row, and the chosen one in full: what
// was measured, on which nodes, what to do, and the exact command of each, to be copied. Owned by its page;
// GUI thread only.
#pragma once

#include <QWidget>

#include "ui/models/node_tables.h"

class QPlainTextEdit;
class QToolButton;

namespace ui {

class HintedTable;
class Label;

class FindingsView final : public QWidget
{
    Q_OBJECT

public:
    // name: the table's object name; the chosen one's texts are name + "Advice" and, of one node, name +
    // "Command", of several name + "Commands"; the button that copies them is name + "Copy".
    FindingsView(const Theme& theme, const char* name, QWidget* parent);

    void setFindings(const std::vector<backend::CheckFinding>& findings, const QString& hint);

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildCommands(const Theme& theme, const QString& id);
    void showCurrent();
    void fitCommands();
    void showCommands(const std::vector<std::string>& commands);
    void copyCommands();
    QString copyText() const; // of the button

    FindingModel* m_model = nullptr;
    HintedTable* m_table = nullptr;
    Label* m_advice = nullptr;
    Label* m_command = nullptr;
    QToolButton* m_copy = nullptr;
    QPlainTextEdit* m_commands = nullptr; // a line each
    bool m_setting = false;
    bool m_picked = false; // somebody chose a finding: it stays chosen
};

} // namespace ui
