/* The dictionary of values, and what a name sounds like and is short for. */
#include "link_internal.h"

#include <stdlib.h>

uint64_t link_hash(const void *p, size_t n)
{
	const uint8_t *c = p;
	uint64_t h = LINK_HASH_FIRST ^ n, w;
	for (; n >= 8; n -= 8, c += 8) {
		memcpy(&w, c, 8);
		h = link_hash_step(h, w);
	}
	w = 0;
	memcpy(&w, c, n);
	return link_hash_last(h, w);
}

/* Names that one person goes by. The first of a group is the whole name; a short form may stand in several. Of our own making, from general knowledge of English, Spanish and French usage. */
static const char *const groups[] = {
	"abigail abby abbie gail", "abraham abe bram", "adelaide addie heidi", "adelbert del bert", "adeline addie ada", "agnes aggie nessie", "albert al bert albie", "alberta allie bertie", "alexander alex al sandy alec sasha xander lex", "alexandra alex sandra sandy lexi alexa sasha",
	"alfred al alf fred freddie", "alice allie ali elsie", "allen al alan allan", "alphonse al fonzie alfonso alphonso", "amanda mandy manda amy", "amelia amy millie mel", "anastasia stacy ana", "andrew andy drew", "andrea andi drea", "angela angie angel", "angelina angie lina angel",
	"ann anne anna annie nan nancy hannah", "anthony tony toni", "antoinette toni nettie tony", "antonio tony tonio", "archibald archie arch", "arnold arnie", "arthur art artie", "augustus gus august augie", "augusta gussie", "barbara barb babs barbie bobbie", "bartholomew bart", "beatrice bea trixie bee",
	"belinda linda bella", "benjamin ben benny benji bennie", "bernard bernie barney", "bernadette bernie detta", "bertha bert bertie", "beverly bev", "bradley brad", "brenda brandy bren", "bridget bridie biddy", "caleb cal", "calvin cal vin", "cameron cam", "carl charlie karl", "carol carrie carole caroline carolyn lynn", "caroline carrie carol lynn carolyn",
	"carmen carm", "cassandra cassie sandra cass", "catherine cathy kathy kate katie kit kitty cat katherine kathryn kay kathleen cathleen", "cecilia celia cissy sis", "cecil cec", "charles charlie chuck chas chip carlos", "charlotte lottie char lotta", "cheryl cher sheryl", "chester chet", "christina chris tina chrissy christy kris kristina christine christie kristine krista", "christopher chris kit topher kris",
	"clarence clare", "clarissa clare cissy", "clark clarke", "clement clem", "clifford cliff", "clifton cliff", "clinton clint", "constance connie", "cornelius neil con corny", "corinne cora", "courtney court", "craig greg", "curtis curt kurt", "cynthia cindy cyndi cindi", "daniel dan danny", "danielle dani", "darlene darla lena", "david dave davy", "deborah deb debbie debby debra debi",
	"delbert del bert", "delores lola dee dolores", "dennis denny", "diana di diane dianna", "dominic dom nick", "donald don donny donnie", "donna dee", "dorothy dot dottie dolly dora dory", "douglas doug", "dwight ike", "edgar ed eddie", "edith edie", "edmund ed eddie ned ted", "eduardo ed eddie lalo", "edward ed eddie ted teddy ned", "edwin ed eddie win", "eileen helen aileen", "elaine lainie helen", "eleanor ellie nell nora nellie ella lenora ellen", "elizabeth liz beth betty lizzie eliza betsy libby bess bessie elsie lisa liza lisbeth betsey bette elisabeth buffy",
	"ellen nell nellie helen", "elmer el", "eloise heloise", "elvira elvie vira", "emanuel manny manuel", "emily em emmy millie", "emma em emmy", "ernest ernie", "ernesto ernie", "esther essie hester", "ethel ettie", "eugene gene", "eugenia genie gina", "eunice nicie", "evelyn eve evie lynn", "evan ev", "ezekiel zeke", "faith fay", "ferdinand ferdie fred", "florence flo flora florrie flossie", "frances fran francie frankie fannie franny sis", "francis frank fran frankie", "francisco frank paco pancho cisco",
	"franklin frank frankie", "frederick fred freddie freddy fritz rick fredrick", "gabriel gabe", "gabrielle gabby gabi", "genevieve gen eve jenny", "geoffrey geoff jeff jeffrey", "george georgie", "georgia georgie", "gerald gerry jerry", "geraldine gerry jerry deena", "gertrude gert trudy gertie", "gilbert gil bert", "gladys glad", "gloria glory", "gordon gord gordie", "grace gracie", "gregory greg gregg", "gretchen margaret", "guadalupe lupe lupita", "guillermo memo bill", "gustavo gus", "gwendolyn gwen wendy", "hannah anna nan", "harold hal harry", "harriet hattie", "harrison harry", "harry henry hank",
	"harvey harve", "helen nell ellen nellie lena helena", "henrietta etta hettie henny retta", "henry hank harry hal enrique", "herbert herb bert", "herman herm", "hilda hildy", "horace hod", "howard howie hal", "hubert hugh bert hub", "hugh hughie", "ida ada", "ignacio nacho", "ignatius iggy", "irene rena rene", "irving irv", "irvin irv", "isaac ike zac", "isabel bella izzy isabella belle bel ysabel", "isidore izzy", "ivan van", "jack jackie john", "jacob jake jay", "jacqueline jackie jacqui", "james jim jimmy jamie jimmie jem", "jane janie jenny jan jean", "janet jan jessie", "janice jan",
	"jasmine jas jazz", "jason jay", "jean jeannie jeanne jane", "jeanette jean nettie janet", "jefferson jeff", "jeffrey jeff geoff jeffery", "jennifer jen jenny jenn jennie", "jeremy jerry jem", "jeremiah jerry jeremy", "jerome jerry", "jesse jess", "jessica jess jessie", "jesus chuy", "joan joanie jo", "joanna jo joan joanne", "joanne jo joan", "jocelyn joy lynn", "johanna jo hanna", "john jack johnny jon johnnie jock", "jonathan jon john johnny nathan", "jordan jordy", "jose joe pepe", "joseph joe joey jo jose", "josefina josie", "josephine jo josie fina joey", "joshua josh", "joyce joy", "juan john", "juanita nita", "judith judy jude judie",
	"julia julie jules", "julian jules", "juliana julie", "julius jule", "justin jus", "karen kari", "katherine kathy kate katie kay kitty kat kathryn catherine kathleen", "kathleen kathy kate katie kay cathleen", "kelly kel", "kenneth ken kenny", "kevin kev", "kimberly kim kimmie", "kristen kris kristi kristin kirsten", "laura laurie lori laurel", "laurence larry lawrence lauren laurie", "lauren laurie ren", "lawrence larry lonny lonnie lon", "leah lee", "leland lee", "leo lee", "leonard leo len lenny lennie", "leonardo leo", "leopold leo", "leroy roy lee", "leslie les lee", "lester les", "lewis lew louis lou", "lillian lil lily lilly lillie", "lincoln linc", "linda lindy lynn", "lloyd loyd",
	"lorenzo larry", "loretta lori etta retta", "lorraine lori rainie", "louis lou louie luis", "louise lou lulu", "lucille lucy lu", "lucas luke", "lucia lucy", "lucinda lucy cindy", "luis lou", "luther luke", "lydia liddy", "lynette lynn nettie", "mabel may", "mackenzie mac kenzie", "madeline maddie lena maddy madge madelyn", "magdalena maggie lena", "malcolm mal", "manuel manny", "marcella marcy", "marcus mark marc", "margaret maggie meg peggy marge margie peg greta rita margot daisy madge maisie margarita megan", "maria mary marie mamie", "marian mary marion", "marianne mary anne ann", "marilyn mary lynn", "marjorie marge margie", "mark marc marcus", "marlene marla lena", "marsha marcia",
	"martha marty mattie patty", "martin marty", "marvin marv merv", "mary molly polly mamie may maria marie mae minnie mitzi", "mathilda tilda tillie mattie matilda", "matthew matt matty", "maureen mo reenie", "maurice morris moe", "maximilian max", "maxine max", "maxwell max", "melanie mel lanie", "melinda mindy linda mel", "melissa missy mel lissa", "melvin mel", "mercedes sadie mercy", "meredith merry", "michael mike mickey mick mikey miguel", "michelle shelly mickey shell michele chelle", "miguel mike", "mildred millie milly", "milton milt", "minerva minnie", "miranda mandy randy", "miriam mimi mim", "mitchell mitch", "monica mona", "montgomery monty", "morris morrie moe", "moses moe", "muriel mur",
	"nancy nan ann", "naomi omi", "natalie nat nattie", "natasha tasha nat", "nathan nate nat", "nathaniel nate nat nathan", "neil neal", "nelson nels", "nicholas nick nicky nicolas claus", "nicole nicky nikki nick", "nora eleanor", "norbert bert norb", "norma nora", "norman norm", "octavia tavia", "olive ollie livvy", "oliver ollie", "olivia liv ollie livvy", "oscar os", "oswald ozzie", "otis ote", "pamela pam", "patricia pat patty trish tricia patsy patti", "patrick pat paddy rick", "paul pauly pablo", "paula polly", "pauline paula polly", "pearl pearlie", "penelope penny", "percival percy", "peter pete pedro", "philip phil pip phillip", "phyllis phyl", "priscilla cilla prissy", "prudence prue", "rachel rae shelly", "ralph rafe", "ramona mona",
	"randall randy rand", "randolph randy dolph", "raphael rafe rafael", "raymond ray", "rebecca becky becca beck", "regina gina reggie", "reginald reggie reg rex", "renee rene", "rhonda ronnie", "ricardo rick ricky", "richard rick rich dick ricky richie rickey", "robert bob rob bobby robbie bert robin roberto", "roberta bobbie robbie bert", "roberto bob beto", "roderick rod rick", "rodney rod", "roger rog", "roland rollie rowland", "ronald ron ronnie ronny", "rosa rose rosie", "rosalie rose rosie", "rosalind rose roz", "rosemary rose rosie mary", "rosario chayo", "roxanne roxy rose", "royal roy", "rudolph rudy", "rufus rufe", "russell russ rusty", "ruth ruthie", "salvador sal chava", "salvatore sal", "samantha sam sammie", "samson sam", "samuel sam sammy", "sandra sandy",
	"sarah sally sadie sara", "savannah vanna", "sebastian seb bastian", "seymour sy", "shannon shan", "sharon shari", "sheila shel", "sheldon shel", "shirley shirl", "sidney sid sydney", "silas si", "silvester sly sylvester", "simon si", "solomon sol", "sophia sophie", "stanley stan", "stella essie", "stephanie steph stevie", "stephen steve stevie steph steven stephan", "stewart stu stuart", "susan sue susie suzie suzy susanna suzanne sukey", "susannah sue susie susan", "suzanne sue susie suzie", "sylvia syl", "tabitha tabby", "tamara tammy", "teresa terry tess tessie theresa tracy terri teri", "terence terry terrence", "thaddeus thad ted", "thelma thel", "theodore ted teddy theo", "theodora dora theo", "theresa terry tess tracy tessa teresa terri resa", "thomas tom tommy", "timothy tim timmy",
	"tobias toby", "tracy trace", "travis trav", "tyler ty", "ulysses lyss", "valentina val", "valentine val", "valerie val", "vanessa nessa", "vera vee", "vernon vern", "veronica ronnie roni vera", "victor vic", "victoria vicky vicki tori vickie", "vincent vince vinny vin", "viola vi", "violet vi", "virgil virge", "virginia ginny ginger gina", "vivian viv", "wallace wally", "walter walt wally", "wanda wendy", "warren ren", "wendell dell", "wesley wes", "wilbur will wil", "wilfred will fred", "willard will", "william will bill billy willie wm liam willy guillermo", "wilhelmina willie mina minnie", "winfred win fred", "winifred winnie freddie", "winston win", "woodrow woody", "yolanda yoli", "yvonne vonnie", "zachary zach zack zac", "zachariah zach",
	"aaron ron ronnie erin", "allison ali allie alison ally", "alicia allie lisa", "annette anna nettie annie", "ashley ash leah", "beth betty", "brian bryan bryant", "brittany britt brittney", "carla karla carly", "carol carrie carri", "clara clarissa clare", "clarence clair", "corey cory", "crystal chris chrystal krystal", "david davey dave", "derek derrick rick ricky derrek", "diane dian dianne di", "dorothy dotty dottie dortha", "edna edny", "eric erik rick ricky", "eva eve evie", "evelyn ev evelina", "glenn glen", "harold hap", "jacqueline jack jackie", "jennifer jenni jenna jenny", "joann jo joanne joanna", "john ian jonny johny jonnie sean", "jonathan johnathan jonathon jonny jonnie", "joseph jos jody", "joshua jos", "juanita nettie", "judith judi judie", "julie julia jules", "justin justus", "karen karin", "katherine trina kittie katy lena", "kathleen trina kittie katy", "catherine trina kittie katy cassie casey",
	"kimberly kimberley kimberlie", "kristen kristin kris chris", "lawrence lorne lorry lawrie", "lois louise lou", "margaret margery margy maggy midge gretta", "maurice morey", "melissa millie lissa", "micheal mike mikey michael mickey micky", "michael micah micky mikey mick", "michelle shelley shelly shellie", "monica monnie mona", "nicholas nico nic nickie", "nicole nikki nicki cole", "patricia trisha trish patsy pattie", "patrick patsy pate", "priscilla cissy cilla", "rachel rachael rae", "robert rupert robby bob", "roger rodge rod", "samantha mantha sam sammy", "scott scotty scottie", "sharon sherry shay sha", "sheila cecilia shelia", "sherry sheri cheryl sherri", "shawn shaun sean", "stacy stacey staci stacie", "stephanie steffi stephany stephani annie", "steven steve stephen", "tammy tami tammie tamara", "theresa traci tracie terry", "thomas thom", "tiffany tiff tiffy", "veronica ronna vonnie ronnie", "victoria torie tori vic", "yvonne vonna", "elizabeth lib lizzy libby", "edward eddy", "richard dickie dick", "helen ella ellie", "frances fanny franny cissy", "louis luis lewis", "emily emma", "carolyn carrie cassie", "constance conny", "johnny john johnnie", "larry lawrence laurence", "gary garry", "jerry gerald jerome jeremy", "harry harold henry", "sally sarah", "virginia jennie", "lorraine lorrie lorie", "alfonso al", "andre andrew", "christy christine christina", "claudia claud", "geraldine gerri dina", "marjorie margy marge", "melanie mellie", "natalie natty", "rebecca reba", "wendy wen", "kenneth kendrick", "kurt curtis", "lucille lou",
};

/* Each word's groups, found by its hash. Filled once. */
#define NICK_SLOTS 4096 /* for some 1,200 words */
static struct {
	uint64_t hash;
	uint16_t group[LINK_NICKS];
} nick_slot[NICK_SLOTS];
static pthread_once_t nick_once = PTHREAD_ONCE_INIT;

static void nick_fill(void)
{
	for (unsigned g = 0; g < ARRAY_LEN(groups); g++)
		for (struct slice rest = slice_str(groups[g]); rest.n;) {
			struct slice w = slice_cut(rest, ' ', &rest);
			uint64_t h = link_hash(w.p, w.n);
			unsigned i = (unsigned)(h % NICK_SLOTS);
			while (nick_slot[i].hash && nick_slot[i].hash != h)
				i = (i + 1) % NICK_SLOTS;
			nick_slot[i].hash = h;
			for (unsigned k = 0; k < LINK_NICKS; k++)
				if (!nick_slot[i].group[k]) {
					nick_slot[i].group[k] = (uint16_t)(g + 1);
					break;
				}
		}
}

uint16_t link_nicknames(const char *s, size_t n)
{
	pthread_once(&nick_once, nick_fill);
	uint64_t h = link_hash(s, n);
	for (unsigned i = (unsigned)(h % NICK_SLOTS); nick_slot[i].hash; i = (i + 1) % NICK_SLOTS)
		if (nick_slot[i].hash == h)
			return (uint16_t)(i + 1);
	return 0;
}

bool link_nicknames_meet(uint16_t a, uint16_t b)
{
	if (!a || !b)
		return false;
	const uint16_t *x = nick_slot[a - 1].group, *y = nick_slot[b - 1].group;
	for (unsigned i = 0; i < LINK_NICKS && x[i]; i++)
		for (unsigned k = 0; k < LINK_NICKS && y[k]; k++)
			if (x[i] == y[k])
				return true;
	return false;
}

/* Soundex' classes (Russell, US patent 1,261,167, 1918), with first letters that sound alike made one: Kathy, Cathy; Geoff, Jeff; Philip, Filip. Never 0 for what has a letter. */
uint16_t link_sound(const char *s, size_t n)
{
	static const char class[] = "01230120022455012623010202";
	unsigned code = 0, digits = 0, last = 0;
	size_t i = 0;
	while (i < n && (s[i] < 'a' || s[i] > 'z'))
		i++;
	if (i == n)
		return n ? (uint16_t)(0x8000u | (link_hash(s, n) & 0x7fff)) : 0; /* another script: by its hash */
	char first = s[i];
	if (first == 'p' && i + 1 < n && s[i + 1] == 'h')
		first = 'f', i++;
	else if (first == 'c' || first == 'q')
		first = 'k';
	else if (first == 'g')
		first = 'j';
	else if (first == 'z')
		first = 's';
	else if (strchr("eiouy", first))
		first = 'a';
	last = (unsigned)(class[s[i] - 'a'] - '0');
	for (i++; i < n && digits < 3; i++) {
		if (s[i] < 'a' || s[i] > 'z')
			continue;
		unsigned c = (unsigned)(class[s[i] - 'a'] - '0');
		if (c && c != last) {
			code = code << 3 | c;
			digits++;
		}
		if (s[i] != 'h' && s[i] != 'w')
			last = c;
	}
	while (digits++ < 3)
		code <<= 3;
	return (uint16_t)((unsigned)(first - 'a' + 1) << 9 | code);
}

/* What is added to a word once: where its last part begins, what that sounds like, what the word is short for. */
static struct link_sounds learn(struct link_word *w)
{
	const char *s = w->text;
	w->tail = 0;
	for (uint8_t i = 0; i + 1 < w->n; i++)
		if (s[i] == ' ')
			w->tail = (uint8_t)(i + 1);
	w->letters = link_letters(s, w->n);
	w->nick = link_nicknames(s, w->n);
	size_t head = 0;
	while (head < w->n && s[head] != ' ')
		head++;
	if (!w->nick && head < w->n)
		w->nick = link_nicknames(s, head); /* "mary ann" */
	struct slice whole = w->nick ? slice_str(groups[nick_slot[w->nick - 1].group[0] - 1]) : slice_of(s, head), rest;
	whole = w->nick ? slice_cut(whole, ' ', &rest) : whole;
	uint16_t sound = link_sound(s + w->tail, (size_t)w->n - w->tail), name = link_sound((const char *)whole.p, whole.n);
	return (struct link_sounds){.sound = sound, .name = name, .surname = w->tail ? sound : name, .hash = w->hash};
}

static int grow_words(struct link_words *w)
{
	if (w->n < w->cap)
		return 0;
	uint32_t cap = w->cap ? w->cap + w->cap / 2 : 32768; /* 2 MiB */
	if (cap > LINK_WORDS_MAX)
		return ERR_LIMIT;
	struct link_sounds *s = realloc(w->sounds, cap * sizeof *s);
	if (!s)
		return ERR_MEMORY;
	w->sounds = s;
	struct link_word *v = link_stretch(w->v, (size_t)w->cap * sizeof *v, (size_t)cap * sizeof *v);
	if (!v)
		return ERR_MEMORY;
	w->v = v;
	w->cap = cap;
	if (!w->n) {
		w->v[0] = (struct link_word){0};
		w->sounds[w->n++] = (struct link_sounds){0};
	}
	return 0;
}

static int grow_slots(struct link_words *w)
{
	if (w->n * UINT64_C(2) < w->slots)
		return 0;
	uint64_t slots = w->slots ? w->slots * 2 : 16384, *slot = calloc(slots, sizeof *slot);
	if (!slot)
		return ERR_MEMORY;
	link_huge(slot, slots * sizeof *slot);
	for (uint64_t k = 0; k < w->slots; k++) {
		if (!w->slot[k])
			continue;
		uint64_t i = w->slot[k] >> 32 & (slots - 1);
		while (slot[i])
			i = (i + 1) & (slots - 1);
		slot[i] = w->slot[k];
	}
	free(w->slot);
	w->slot = slot;
	w->slots = slots;
	return 0;
}

uint32_t link_words_find(const struct link_words *w, const char *s, size_t n, uint32_t hash)
{
	if (w->slots)
		for (uint64_t i = hash & (w->slots - 1); w->slot[i]; i = (i + 1) & (w->slots - 1)) {
			const struct link_word *v = &w->v[(uint32_t)w->slot[i]];
			if (w->slot[i] >> 32 == hash && v->n == n && !memcmp(v->text, s, n))
				return (uint32_t)w->slot[i];
		}
	return 0;
}

static void hang(struct link_words *w, uint32_t hash)
{
	uint64_t i = hash & (w->slots - 1);
	while (w->slot[i])
		i = (i + 1) & (w->slots - 1);
	w->slot[i] = (uint64_t)hash << 32 | w->n++;
}

int link_words_put(struct link_words *w, const char *s, size_t n, uint32_t hash, uint32_t *ret)
{
	if ((*ret = link_words_find(w, s, n, hash)))
		return 0;
	int r = grow_words(w);
	r = r ? r : grow_slots(w);
	if (r < 0)
		return r;
	struct link_word *v = &w->v[w->n];
	*v = (struct link_word){.hash = hash, .n = (uint8_t)n};
	memcpy(v->text, s, n);
	w->sounds[w->n] = learn(v);
	*ret = w->n;
	hang(w, hash);
	return 0;
}

int link_words_add(struct link_words *w, const struct link_words *from, uint32_t *map)
{
	for (uint32_t k = 1; k < from->n; k++) {
		const struct link_word *v = &from->v[k];
		if (w->slots && k + 16 < from->n)
			__builtin_prefetch(&w->slot[from->v[k + 16].hash & (w->slots - 1)]);
		if ((map[k] = link_words_find(w, v->text, v->n, v->hash)))
			continue;
		int r = grow_words(w);
		r = r ? r : grow_slots(w);
		if (r < 0)
			return r;
		w->v[w->n] = *v;
		w->sounds[w->n] = from->sounds[k];
		map[k] = w->n;
		hang(w, v->hash);
	}
	return 0;
}

uint64_t link_words_bytes(const struct link_words *w)
{
	return w->cap * (uint64_t)(sizeof *w->v + sizeof *w->sounds) + w->slots * sizeof *w->slot;
}

void link_words_empty(struct link_words *w)
{
	if (w->n * UINT64_C(64) < w->slots) /* few of many */
		for (uint32_t k = 1; k < w->n; k++)
			for (uint64_t i = w->v[k].hash & (w->slots - 1); w->slot[i]; i = (i + 1) & (w->slots - 1))
				w->slot[i] = 0;
	else if (w->slots)
		memset(w->slot, 0, w->slots * sizeof *w->slot);
	w->n = w->n ? 1 : 0;
}

void link_words_closed(struct link_words *w)
{
	free(w->slot);
	w->slot = NULL;
	w->slots = 0;
}

void link_words_done(struct link_words *w)
{
	link_unstretch(w->v, (size_t)w->cap * sizeof *w->v);
	free(w->sounds);
	free(w->slot);
	*w = (struct link_words){0};
}
