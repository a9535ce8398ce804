// Package train fits light field networks to photographs.
//
//	r := train.Run{Options: train.Options{Config: config, Time: time.Minute}, Set: set, Out: "scene.lfn"}
//	res, err := r.Do(ctx)
//
// A [Run] is what lfn train does: it draws rays from all training pixels, in an order that the seed decides, updates
// the network by Adam, looks at held-out views, and writes the model, checkpoints and a report. [Trainer] is that
// without files. [Rounds], [Adam], [Checkpoint] and [Watch] are what every training run needs, whatever it trains.
//
// # Conventions
//
// The loss is the mean squared error of sRGB values in [0, 1], transparent pixels composed over a background. A run of
// a given number of steps gives the same file for the same seed, whatever GOMAXPROCS, stopped and resumed or not.
package train
