// What the terminal can show.
#pragma once

#include <string>

namespace probate::cli {

enum class ColorChoice { automatic, always, never };

// Whether to colour what goes to that descriptor: NO_COLOR and TERM=dumb say no, unless `always`.
bool use_color(ColorChoice choice, int fd);
// Whether a live line makes sense there.
bool is_terminal(int fd);
// Whether this process has a terminal that can end it.
bool has_terminal();
// Columns, 80 if unknown.
unsigned terminal_width(int fd);

}  // namespace probate::cli
