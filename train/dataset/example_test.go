package dataset_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"lfnview/plucker"
	"lfnview/train/dataset"
)

// Photographs of the built-in scene, written to a folder and opened again at half their size.
func Example() {
	dir, err := os.MkdirTemp("", "dataset")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	made := dataset.Procedural(dataset.RenderOptions{Views: 4, TestViews: 1, Size: 32})
	if err := made.Save(context.Background(), dir); err != nil {
		log.Fatal(err)
	}
	set, err := dataset.Open(context.Background(), dir, dataset.Options{Scale: 2})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range set.Views {
		fmt.Printf("%-5v %s %d×%d\n", v.Split, v.Name, v.Camera.Width, v.Camera.Height)
	}
	// Output:
	// train train/r_0.png 16×16
	// train train/r_1.png 16×16
	// train train/r_2.png 16×16
	// train train/r_3.png 16×16
	// test  test/r_0.png 16×16
}

// A ray from above that meets the middle of the scene.
func ExampleScene_Trace() {
	scene := dataset.DefaultScene()
	_, depth, hit := scene.Trace(plucker.Ray{Origin: [3]float64{0.1, 0.6, 2}, Dir: [3]float64{0, 0, -1}})
	fmt.Printf("%v at %.2f\n", hit, depth)
	// Output: true at 2.24
}
