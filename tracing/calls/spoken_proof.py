"""The word and number by which a person checks who calls: drawn at the claim, said aloud, typed on a public page.

The page answers yes or no while the call lasts and for a day after it began (`public_check_call` in the database). The
words are common, neutral, heard without doubt on the telephone and written without accents.
"""

import secrets
import unicodedata

DIGITS = 6
"""With the words, some 400 million proofs: of a day's 40,000 calls, one guess in 10,000 is one of them."""

_COMMON = """
    abeille acacia acier agneau aiguille album algue alpage amande ananas ancre animal antenne arbitre
    arbre archet ardoise argile armoire arrosoir artichaut asperge atelier avion badge baguette balcon
    baleine ballon bambou banane bandeau banquet baobab barque basilic bassin bateau berceau beurre
    biberon bison blason bobine bocal bonnet bordure bouchon bougie boulon bouquet bouteille bouton
    bracelet branche brebis brioche brique brosse brouette buffet buisson buvard cabane cabinet cactus
    cadran cahier caillou camion canal cantine capucine carafe caravane carbone carnet carotte carreau
    carton casquette castor cavalier cerise chalet chameau chandelle chapeau chardon chariot charpente
    chaussure chemise cheval chiffon chocolat citron citrouille clairon clavier cloche cloison cobalt
    coffre colibri colline colombe commode compas comptoir concert concombre copeau coquille corail
    corbeille cordage cornet costume coton coucou coupole couronne coussin couteau crayon crevette cristal
    crocus cuisine cuivre cyclone cygne cylindre dahlia dattier dauphin dentelle diamant dragon drapeau
    dune enclume encrier enveloppe escalier escargot estrade fagot falaise fanfare farine faucon fauteuil
    fenouil ferme festin feuille ficelle figue filet flacon flamant flocon flotte fontaine forge foulard
    fourchette fourmi fraise framboise fresque fromage fusain galet galette gazelle gazon gilet girafe
    glacier globe gondole gorille goudron grange granit grelot grenier grillon groseille guidon guirlande
    guitare hamac hameau hamster hangar harpe herbier hermine hibou horizon horloge hublot ibis iguane
    immeuble iris ivoire jacinthe jaguar jambon jardin jasmin javelot jeton jonquille journal jumelle
    jungle kayak kiosque kiwi koala lagune laine lampe lampion lanterne lapin laurier lavande levier
    libellule lilas limonade linge lionne livre loutre luciole lunette lustre mandarine manteau marbre
    marguerite marmite marmotte marteau mascotte matelas melon menuisier merle meuble miel mimosa
    mirabelle miroir moineau moisson montagne monument moquette moulin mousse mouton muguet mulet muscade
    musique myrtille nacre navette navire neige nichoir noisette nuage oasis olive ombrelle orange
    orchestre oreiller orme ortie ourson palmier panier panneau pantalon papaye papillon parasol parquet
    passerelle pastel patin pavillon peinture pelouse pendule perdrix perle persil pianiste pigeon pinceau
    pingouin pirogue pistache pivoine placard planche platane plume poire poireau poivre pommier portail
    poterie potiron poulet poussin prairie prune pupitre pyramide quartz quille radis rameau raquette
    rideau rivage rivet rocher romarin rosier roulotte ruban ruche ruisseau sablier safran salade salon
    sandale sapin sardine saumon sauterelle savane savon sculpture serrure soleil sommier sonnette sorbet
    soucoupe source statue sucre tableau tabouret talus tambour tapis tartine tasse terrasse thermos
    timbre tiroir tisane toiture tomate tonneau torrent tortue toucan toupie tourbe tracteur train treuil
    triangle tricot trombone troupeau truite tulipe tunnel tuyau valise vallon vanille velours verger
    village violette violon vitrail voilier volcan wagon yaourt zinc
"""
WORDS = tuple(_COMMON.split())


def draw() -> str:
    """Return a proof as it is stored: `citron 482107`."""
    return f"{secrets.choice(WORDS)} {secrets.randbelow(10**DIGITS):0{DIGITS}}"


def shown(proof: str) -> str:
    """Return a proof as it is read aloud, its number in pairs: `citron 48 21 07`."""
    word, number = proof.split(" ")
    return " ".join((word, *(number[at : at + 2] for at in range(0, len(number), 2))))


def is_a_number(typed: str) -> bool:
    """Return whether what was typed has as many digits as the number of a proof, whatever is between them."""
    return sum(one.isascii() and one.isdigit() for one in typed) == DIGITS


def as_stored(word: str, number: str) -> str:
    """Return what was typed as a proof is stored, whatever its case, accents and spaces; nonsense is no call's proof."""
    letters = unicodedata.normalize("NFKD", word.lower())
    return (
        "".join(one for one in letters if one.isascii() and one.isalpha())
        + " "
        + "".join(one for one in number if one.isascii() and one.isdigit())
    )
