// Package probe finds what rays meet beside whoever shows the picture: at the pointer, and from where to where all that
// is seen reaches.
//
//	p := probe.New(notify)
//	p.Ask(probe.Question{Model: m, Camera: cam, U: 320, V: 200, Point: true})
//	… // once notify was called
//	if p.Take(&answer) && answer.Point.Known() {
//		fmt.Println(answer.Point.Pos)
//	}
//
// A [Worker] answers the newest of its questions only, so that nobody waits for answers to what is past.
package probe
