/*
 * camera_scene: drawn as rectangles over a background, one after the other. Places are in squares of a picture of 160 × 90,
 * stretched to the one that is wanted.
 */
#include "worker/virtual/camera_scene.h"

#include <string.h>

#define WIDTH 160
#define HEIGHT 90
#define BED_TOP 70
#define BED_LEFT 30
#define BED_RIGHT 130
#define PART_LEFT 60
#define PART_RIGHT 100
#define PART_MAX 20 /* high, when all of it is printed */
#define NOZZLE_TIP 8 /* high */
#define WAY (BED_RIGHT - BED_LEFT - 20)
#define COLUMNS_A_SECOND 37 /* odd: no two pictures a second apart are the same */

struct canvas {
	uint8_t *greys;
	int columns, rows;
};

static void
fill(const struct canvas *canvas, int left, int right, int top, int bottom, uint8_t grey)
{
	int from = left * canvas->columns / WIDTH, to = right * canvas->columns / WIDTH;

	for (int row = top * canvas->rows / HEIGHT; row < bottom * canvas->rows / HEIGHT; row++)
		memset(canvas->greys + row * canvas->columns + from, grey, (size_t)(to - from));
}

static void
draw_nozzle(const struct canvas *canvas, int column, int tip)
{
	fill(canvas, column - 6, column + 7, tip - NOZZLE_TIP - 22, tip - NOZZLE_TIP, 200);
	for (int up = 1; up <= NOZZLE_TIP; up++)
		fill(canvas, column - up + 1, column + up, tip - up, tip - up + 1, 225);
}

/* It goes to and fro over the bed. */
static int
nozzle_column(const struct camera_scene *scene)
{
	int at = (int)(scene->at_ms * COLUMNS_A_SECOND / 1000 % (2 * WAY));

	return scene->prints ? BED_LEFT + 10 + (at < WAY ? at : 2 * WAY - at) : BED_LEFT + 8;
}

void
camera_scene_draw(const struct camera_scene *scene, unsigned columns, unsigned rows, uint8_t *ret_greys)
{
	const struct canvas canvas = { ret_greys, (int)columns, (int)rows };
	int part = scene->prints ? PART_MAX * (int)(scene->percent < 100 ? scene->percent : 100) / 100 : 0;

	for (int row = 0; row < HEIGHT; row++)
		fill(&canvas, 0, WIDTH, row, row + 1, (uint8_t)(40 + row / 3));
	fill(&canvas, BED_LEFT, BED_RIGHT, BED_TOP, BED_TOP + 4, 150);
	fill(&canvas, PART_LEFT, PART_RIGHT, BED_TOP - part, BED_TOP, 120);
	draw_nozzle(&canvas, nozzle_column(scene), BED_TOP - part);
}
