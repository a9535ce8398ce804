package shaders

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// place is how compilers name a line: 3(12) of NVIDIA, 3:12 of Mesa, AMD and Intel.
var place = regexp.MustCompile(`\b(\d+)(?::|\()(\d+)\)?`)

// Explain puts the lines that a compiler's log names beside it, numbered, with the piece that they are of.
func (s *Shader) Explain(log string) string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(log))
	seen := map[string]bool{}
	for _, m := range place.FindAllStringSubmatch(log, -1) {
		piece, err := strconv.Atoi(m[1])
		line, err2 := strconv.Atoi(m[2])
		if err != nil || err2 != nil || piece >= len(s.Pieces) || seen[m[0]] {
			continue
		}
		seen[m[0]] = true
		lines := strings.Split(s.Pieces[piece].Text, "\n")
		if line < 1 || line > len(lines) {
			continue
		}
		for i := max(line-2, 1); i <= min(line+1, len(lines)); i++ {
			fmt.Fprintf(&b, "\n%s:%d: %s", s.Pieces[piece].Name, i, strings.TrimRight(lines[i-1], " "))
		}
	}
	return b.String()
}
